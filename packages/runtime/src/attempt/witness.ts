import { createHash } from "node:crypto";
import type { AttemptEvidence, Autopsy, InputShape, Lease, Neighbour } from "../model/index.ts";
import type { IncidentPort } from "../store/ports.ts";
import type { EndedAttempt } from "./run-attempt.ts";

export interface WitnessDeps {
  readonly store: Pick<IncidentPort, "inputSizes">;
  readonly release: string | null;
  /** Who runs at this moment, but not the one that ended. */
  neighboursOf(lease: Lease, workerId: string): readonly Neighbour[];
  readLogTail(range: { readonly file: string; readonly from: number; readonly to: number }): Promise<readonly string[]>;
}

const FINGERPRINT_DIGITS = 16;

/** Completes the evidence of an abnormal end with what the supervisor does not know. Who ran beside it is asked at once: a moment later it may be somebody else. */
export async function witnessEnd(lease: Lease, end: EndedAttempt, deps: WitnessDeps): Promise<AttemptEvidence> {
  const { evidence, log } = end;
  const autopsy = evidence.autopsy ?? null;
  if (autopsy === null) return evidence;
  const neighbours = deps.neighboursOf(lease, end.workerId);
  const logTail = autopsy.logTail.length > 0 || log === null ? autopsy.logTail : await deps.readLogTail(log);
  const input = await shapeOf(lease, deps.store);
  return { ...evidence, autopsy: { ...autopsy, logTail, neighbours, input, release: deps.release } satisfies Autopsy };
}

/** How large the input was, and what is usual for its type. Without an answer from the store only the size is known. */
export async function shapeOf({ input, type }: Pick<Lease, "input" | "type">, store: Pick<IncidentPort, "inputSizes">): Promise<InputShape> {
  const typical = await store.inputSizes(type).catch(() => null);
  return { bytes: Buffer.byteLength(input), fingerprint: createHash("sha256").update(input).digest("hex").slice(0, FINGERPRINT_DIGITS), typical };
}
