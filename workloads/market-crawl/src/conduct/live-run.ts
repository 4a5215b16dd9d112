import type { Runtime, RuntimeEvent } from "cofferdam";
import { CRAWL_JOB } from "../crawl/job-type.ts";
import { readProgressNote, type ProgressNote } from "../crawl/progress-note.ts";
import { createLineRing, type LineRing } from "./line-ring.ts";

/** The attempt that runs here now, as far as the runtime's events tell. */
export interface LiveRun {
  readonly jobId: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly note: ProgressNote | null;
  readonly updates: number;
  readonly lastUpdateMs: number;
  readonly output: LineRing;
  /** Resolves when the worker's last byte has been read. */
  readonly outputRead: Promise<void>;
}

export interface LiveWorker {
  readonly memoryBytes: number;
  readonly pids: number;
}

export interface LiveRuns {
  observe(event: RuntimeEvent): LiveRun | null;
  find(jobId: string): LiveRun | null;
  current(): LiveRun | null;
  worker(): LiveWorker;
  forget(jobId: string): void;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Follows every crawl of this runtime; its output is read all the time, so that nothing ever waits for a reader. */
export function createLiveRuns(control: Pick<Runtime["control"], "logs" | "workers">): LiveRuns {
  const runs = new Map<string, Mutable<LiveRun>>();

  function begin(event: Extract<RuntimeEvent, { kind: "attempt.started" }>): LiveRun {
    const output = createLineRing();
    const outputRead = pump(event.jobId, event.attempt, output);
    const run = { jobId: event.jobId, attempt: event.attempt, startedAtMs: event.atMs, note: null, updates: 0, lastUpdateMs: event.atMs, output, outputRead };
    runs.set(event.jobId, run);
    return run;
  }

  async function pump(jobId: string, attempt: number, output: LineRing): Promise<void> {
    try {
      for await (const bytes of control.logs(jobId, attempt, { follow: true, fromByte: 0 })) output.push(bytes);
    } catch {
      // A log that is gone has nothing more to say.
    }
  }

  return {
    observe(event) {
      if (event.kind === "attempt.started" && event.type === CRAWL_JOB) return begin(event);
      if (event.kind !== "attempt.progress") return null;
      const run = runs.get(event.jobId);
      if (run === undefined) return null;
      run.updates += 1;
      run.lastUpdateMs = event.atMs;
      run.note = readProgressNote(event.note) ?? run.note;
      return run;
    },
    find: (jobId) => runs.get(jobId) ?? null,
    current: () => [...runs.values()].at(-1) ?? null,
    worker() {
      const worker = control.workers().find(({ attempt }) => attempt !== null && runs.has(attempt.jobId));
      return { memoryBytes: worker?.memoryBytes ?? 0, pids: worker?.tasks ?? 0 };
    },
    forget: (jobId) => void runs.delete(jobId),
  };
}
