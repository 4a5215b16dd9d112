import type { ProcessOutcome } from "../process/outcome.ts";
import type { ProcessType } from "../work-types.ts";
import type { Failure } from "./classify-end.ts";
import type { Next } from "./decide-next.ts";

/** Whoever counts: metrics, alerts, breakers. The conductor tells facts and waits for nobody. */
export interface Observer {
  received(source: string, quarantined: boolean): void;
  done(type: ProcessType, outcome: ProcessOutcome, snapshotId: number): void;
  failed(type: ProcessType, failure: Failure, next: Next, snapshotId: number): void;
  /** A claim whose worker or node was gone. */
  released(snapshotId: number): void;
}
