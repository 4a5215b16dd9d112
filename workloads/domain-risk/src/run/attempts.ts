// One job of the runtime for each domain: enqueue it, follow it, read how it ended.
import { isMemoryDeath, type Cause, type Runtime, type RuntimeEvent } from "cofferdam";
import { finding, JOB_TYPE, workNote, type AnalyseInput, type Finding, type WorkNote } from "../analyse/inputs.ts";
import type { Death } from "./make-record.ts";

export type AttemptEnd =
  | { readonly kind: "found"; readonly finding: Finding; readonly note: WorkNote | null }
  | ({ readonly kind: "died"; readonly note: WorkNote | null } & Death)
  | { readonly kind: "cancelled" };

/** What is known of one while it runs. */
export interface LiveAttempt {
  readonly jobId: string;
  readonly startedAtMs: number | null;
  readonly workerId: string | null;
  readonly note: WorkNote | null;
  readonly updates: number;
  readonly lastUpdateMs: number;
}

export interface Attempts {
  /** @param watch called with every change, also with the last one */
  run(input: AnalyseInput, watch: (live: LiveAttempt) => void): Promise<AttemptEnd>;
  /** Ends what runs, at once. */
  cancelAll(reason: string): Promise<void>;
  /** What an earlier run left in the queue is not this run's. */
  clearQueue(): Promise<void>;
  stop(): void;
}

interface Followed {
  live: LiveAttempt;
  ended: { readonly cause: Cause; readonly summary: string; readonly wallMs: number } | null;
  readonly watch: (live: LiveAttempt) => void;
  readonly settle: () => void;
}

const ENDED = new Set(["succeeded", "failed", "cancelled", "quarantined"]);
const PAGE = 500;

export function createAttempts({ control, onEvent }: Runtime, nowMs: () => number): Attempts {
  const followed = new Map<string, Followed>();
  const stop = onEvent((event) => {
    const one = "jobId" in event && event.jobId !== null ? followed.get(event.jobId) : undefined;
    if (one !== undefined) follow(one, event);
  });

  function follow(one: Followed, event: RuntimeEvent): void {
    const { updates } = one.live;
    if (event.kind === "attempt.started") one.live = { ...one.live, startedAtMs: event.atMs, workerId: event.workerId, lastUpdateMs: event.atMs };
    else if (event.kind === "attempt.progress") one.live = { ...one.live, note: readNote(event.note) ?? one.live.note, updates: updates + 1, lastUpdateMs: event.atMs };
    else if (event.kind === "attempt.ended") one.ended = { cause: event.cause, summary: event.summary, wallMs: event.wallMs };
    else if (event.kind === "job.settled" && ENDED.has(event.state)) return one.settle();
    else return;
    one.watch(one.live);
  }

  async function endOf(jobId: string, one: Followed): Promise<AttemptEnd> {
    const job = await control.job(jobId);
    if (job.state === "succeeded") {
      const result = await control.document(jobId, "result");
      return { kind: "found", finding: finding.parse(JSON.parse(result ?? "null")), note: one.live.note };
    }
    if (job.state === "cancelled") return { kind: "cancelled" };
    // It is recorded as the domain's failure; nobody is to release it.
    if (job.state === "quarantined") await control.discardQuarantined(jobId);
    const { cause, summary, wallMs } = one.ended ?? { cause: job.cause ?? "lost", summary: job.summary ?? job.state, wallMs: nowMs() - (one.live.startedAtMs ?? nowMs()) };
    return { kind: "died", cause, summary, wallMs, note: one.live.note, fallbackReason: one.live.note?.fallback_reason ?? null };
  }

  return {
    stop,
    async run(input, watch) {
      const { id } = await control.enqueue({ type: JOB_TYPE, input: JSON.stringify(input) });
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
      const one: Followed = { live: { jobId: id, startedAtMs: null, workerId: null, note: null, updates: 0, lastUpdateMs: nowMs() }, ended: null, watch, settle };
      followed.set(id, one);
      try {
        // Listening comes before looking, so that no end is missed between the two.
        const job = await control.job(id);
        if (job.progress?.note !== undefined) one.live = { ...one.live, note: readNote(job.progress.note) };
        if (!ENDED.has(job.state)) await settled;
        return await endOf(id, one);
      } finally {
        followed.delete(id);
      }
    },
    async cancelAll(reason) {
      await Promise.all([...followed.keys()].map((id) => control.cancel(id, { mode: "kill", by: "domain-risk", reason }).catch(() => undefined)));
    },
    async clearQueue() {
      for (const state of ["ready", "scheduled", "retrying", "running"] as const) {
        const { items } = await control.jobs({ type: JOB_TYPE, states: [state] }, { limit: PAGE, cursor: null });
        for (const { id } of items) await control.cancel(id, { mode: "kill", by: "domain-risk", reason: "left by an earlier run" }).catch(() => undefined);
      }
    },
  };
}

/** Whether a death was that of the worker's memory: told by the metrics. */
export function isOutOfMemory(end: AttemptEnd): boolean {
  return end.kind === "died" && isMemoryDeath(end.cause);
}

function readNote(note: string | null): WorkNote | null {
  if (note === null) return null;
  try {
    return workNote.safeParse(JSON.parse(note)).data ?? null;
  } catch {
    return null;
  }
}
