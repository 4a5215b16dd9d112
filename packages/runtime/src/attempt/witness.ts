import { shownLines, type AttemptEvidence, type Autopsy, type Fault, type InputShape, type Lease, type Neighbour } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { IncidentPort } from "../store/ports.ts";
import type { EndedAttempt } from "./run-attempt.ts";

export interface WitnessDeps {
  readonly sizes: TypicalSizes;
  readonly release: string | null;
  /** What fault injection did to this attempt. */
  faultOf(attemptId: string): Fault | null;
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
  const logTail = autopsy.logTail.length > 0 || log === null ? autopsy.logTail : shownLines(await deps.readLogTail(log));
  const input = await shapeOf(lease, deps.sizes);
  const injected = deps.faultOf(lease.attemptId);
  return { ...evidence, autopsy: { ...autopsy, logTail, neighbours, input, release: deps.release, injected } satisfies Autopsy };
}

/** What is usual for a type; asked of the store at most every ten seconds: where everything fails, asking each time would hold up every settle. */
export type TypicalSizes = (type: string) => Promise<InputShape["typical"]>;

const KEPT_MS = 10_000;

export function rememberSizes(store: Pick<IncidentPort, "inputSizes">, clock: Clock): TypicalSizes {
  const known = new Map<string, { readonly atMs: number; readonly sizes: Promise<InputShape["typical"]> }>();
  return (type) => {
    const nowMs = clock.monotonicMs();
    const before = known.get(type);
    if (before !== undefined && nowMs - before.atMs < KEPT_MS) return before.sizes;
    // Without an answer from the store only the size of the input itself is known.
    const sizes = store.inputSizes(type).catch(() => null);
    known.set(type, { atMs: nowMs, sizes });
    return sizes;
  };
}

/** How large the input was, and what is usual for its type. */
export async function shapeOf({ input, type }: Pick<Lease, "input" | "type">, sizes: TypicalSizes): Promise<InputShape> {
  const bytes = Buffer.from(input);
  // In a thread of its own: an input can be megabytes.
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  return { bytes: bytes.length, fingerprint: digest.slice(0, FINGERPRINT_DIGITS), typical: await sizes(type) };
}
