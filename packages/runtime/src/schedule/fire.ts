import { CofferdamError, isEnded, type JobState, type ScheduleRecord } from "../model/index.ts";
import type { Enqueued, EnqueueRequest } from "../control/ports.ts";
import { slotName } from "./due-slots.ts";

export interface FireOptions {
  /** Intake and store; the slot makes sure that there is one job for it, however often it is asked for. */
  enqueue(request: EnqueueRequest, origin: { readonly scheduleSlot: string; readonly retryOf: null }): Promise<Pick<Enqueued, "id">>;
  /** null: there is no such job any more. */
  jobState(jobId: string): Promise<JobState | null>;
  hasType(type: string): boolean;
}

export type Fired =
  | { readonly kind: "fired"; readonly jobId: string }
  /** The slot passes without a job. */
  | { readonly kind: "skipped"; readonly reason: string; readonly error: unknown }
  /** Nothing is wrong with the schedule: the runtime cannot take the job now. The slot is tried again. */
  | { readonly kind: "later"; readonly afterMs: number; readonly error: unknown };

const AGAIN_MS = 5000;
const AGAIN_MS_MAX = 60_000;

/** Makes the job of one slot, unless the overlap rule or a refusal forbids it. Never throws. */
export async function fireSlot(record: ScheduleRecord, slotMs: number, options: FireOptions): Promise<Fired> {
  try {
    if (!options.hasType(record.type)) return skipped(`no loaded module defines the type ${record.type}`);
    const last = record.overlap === "skip" ? record.lastJobId : null;
    if (last !== null && (await blocks(last, options))) return skipped(`the job of the last slot (${last}) has not ended`);
    const request: EnqueueRequest = { type: record.type, input: record.input, ...(record.lane === null ? {} : { lane: record.lane }) };
    const { id } = await options.enqueue(request, { scheduleSlot: slotName(record.key, slotMs), retryOf: null });
    return { kind: "fired", jobId: id };
  } catch (error) {
    return whatNow(error);
  }
}

/** A quarantined job waits for a person and runs no more by itself: the schedule goes on without it. */
async function blocks(jobId: string, options: FireOptions): Promise<boolean> {
  const state = await options.jobState(jobId);
  return state !== null && state !== "quarantined" && !isEnded(state);
}

function skipped(reason: string): Fired {
  return { kind: "skipped", reason, error: null };
}

/** What is refused for what it asks (a schema, a lane that is gone) will be refused again; what comes at a bad moment is tried again. */
function whatNow(error: unknown): Fired {
  if (error instanceof CofferdamError && error.family === "refused" && error.status !== 503 && error.status !== 429) {
    return { kind: "skipped", reason: `the job was refused: ${error.message}`, error };
  }
  const afterMs = error instanceof CofferdamError && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1000 : AGAIN_MS;
  return { kind: "later", afterMs: Math.min(Math.max(1000, afterMs), AGAIN_MS_MAX), error };
}
