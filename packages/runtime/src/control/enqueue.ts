import type { Diversion, EnqueueResult, NewJob, RuntimeEvent } from "../model/index.ts";
import type { Intake, JobOrigin } from "../intake/index.ts";
import type { QueuePort } from "../store/ports.ts";
import type { DispatchDoor } from "./deps.ts";
import type { Enqueued, EnqueueRequest } from "./ports.ts";

export type EnqueueOutcome = { readonly ok: true; readonly job: Enqueued } | { readonly ok: false; readonly error: Error };

/** intake -> store -> dispatch, for requests and for schedules alike. */
export interface Enqueuer {
  one(request: EnqueueRequest, origin?: JobOrigin): Promise<Enqueued>;
  /** Each item by itself; the admitted ones are stored in large commits, while the next are being checked. */
  many(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueOutcome[]>;
}

export interface EnqueuerDeps {
  readonly intake: Intake;
  readonly queue: Pick<QueuePort, "enqueue">;
  readonly publish: (event: RuntimeEvent) => void;
  readonly dispatch: Pick<DispatchDoor, "wake" | "wakeAt">;
}

/** Items checked in one go before the loop gets a turn, and stored together. */
const CHUNK = 200;
/** Chunks that may be on their way to the disk while the next is checked. */
const CHUNKS_AHEAD = 5;

export function createEnqueuer(deps: EnqueuerDeps): Enqueuer {
  async function store(jobs: readonly NewJob[]): Promise<readonly EnqueueResult[]> {
    if (jobs.length === 0) return [];
    const results = await deps.queue.enqueue(jobs);
    for (const [index, { id, state, deduplicated }] of results.entries()) {
      const job = jobs[index];
      if (job === undefined || deduplicated) continue;
      deps.publish({ kind: "job.enqueued", atMs: job.createdAtMs, jobId: id, type: job.type, lane: job.lane, state });
      if (job.diversion !== null) publishDiversion(job, id, job.diversion);
      if (state === "quarantined") continue;
      if (state === "scheduled") deps.dispatch.wakeAt(job.runAtMs);
      else deps.dispatch.wake(job.lane);
    }
    return results;
  }

  function publishDiversion(job: NewJob, jobId: string, { kind: action, by, reason }: Diversion): void {
    deps.publish({ kind: "job.diverted", atMs: job.createdAtMs, jobId, type: job.type, lane: job.lane, action, by, inputBytes: Buffer.byteLength(job.input), reason });
  }

  return {
    async one(request, origin) {
      const [result] = await store([await deps.intake.admit(request, origin)]);
      if (result === undefined) throw new TypeError("the store gave no result for a job");
      return result;
    },
    async many(requests) {
      const chunks: Promise<readonly EnqueueOutcome[]>[] = [];
      for (let from = 0; from < requests.length; from += CHUNK) {
        const admitted = await Promise.all(requests.slice(from, from + CHUNK).map((request) => admitOne(deps.intake, request)));
        // Stored while the next ones are checked.
        chunks.push(storeAdmitted(admitted));
        await chunks.at(-CHUNKS_AHEAD - 1);
        // A large batch must not hold up everybody else.
        if (from + CHUNK < requests.length) await new Promise(setImmediate);
      }
      return (await Promise.all(chunks)).flat();
    },
  };

  /** In the order of the requests, with what was refused in its place. */
  async function storeAdmitted(admitted: readonly Admitted[]): Promise<readonly EnqueueOutcome[]> {
    const jobs = admitted.flatMap((outcome) => (outcome.ok ? [outcome.job] : []));
    const stored = await storeOrFail(jobs);
    let next = 0;
    return admitted.map((outcome) => {
      if (!outcome.ok) return outcome;
      next += 1;
      return stored[next - 1] ?? { ok: false, error: new TypeError("the store gave no result for a job") };
    });
  }

  /** When it cannot be stored, what was stored before stays stored, and its callers are told so. */
  async function storeOrFail(jobs: readonly NewJob[]): Promise<readonly EnqueueOutcome[]> {
    try {
      return (await store(jobs)).map((job) => ({ ok: true as const, job }));
    } catch (error) {
      return jobs.map(() => ({ ok: false as const, error: asError(error) }));
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

type Admitted = { readonly ok: true; readonly job: NewJob } | { readonly ok: false; readonly error: Error };

async function admitOne(intake: Intake, request: EnqueueRequest): Promise<Admitted> {
  try {
    return { ok: true, job: await intake.admit(request) };
  } catch (error) {
    return { ok: false, error: asError(error) };
  }
}
