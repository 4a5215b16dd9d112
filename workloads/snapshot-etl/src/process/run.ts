import type { Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import type { Claim } from "./claim.ts";

/** What one run at one snapshot works with; made once, passed everywhere. */
export interface Run {
  readonly database: Database;
  readonly claim: Claim;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Rows of a full transaction. */
  readonly batchRows: number;
  /** Used part of the worker's memory, 0 to 1. */
  memoryShare(): number;
  /** Called often: feeds the clock that notices a stall. */
  progress(note: string): void;
  readonly tally: Tally;
}

/** What the run did, for its result and the metrics. */
export interface Tally {
  readonly upserts: Record<string, number>;
  /** Rows of each transaction. */
  readonly batches: number[];
  errors: number;
  omitted: number;
}

export function createTally(): Tally {
  return { upserts: {}, batches: [], errors: 0, omitted: 0 };
}

/** The user the rows belong to, and when they were true. */
export interface Owner {
  readonly userId: number;
  readonly lastSeen: string;
  readonly snapshotId: number;
}
