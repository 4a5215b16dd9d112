import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRuntime } from "../../src/runtime.ts";
import type { Runtime, RuntimeOptions } from "../../src/runtime-types.ts";
import type { JobRecord, JobState, RuntimeEvent } from "../../src/model/index.ts";

export const JOURNAL_JOBS = join(import.meta.dirname, "jobs");

export interface JournalLine {
  readonly what: string;
  readonly id: string;
  readonly attempt: number;
  readonly attemptId: string;
  readonly from: unknown;
}

/** A runtime in a directory of its own, and the file its jobs write to. */
export interface Harness extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly directory: string;
  readonly file: string;
  /** Adds a journal job. */
  add(type: string, input?: Record<string, unknown>): Promise<string>;
  /** Resolves with the first event (past or future) that fits. */
  event(fits: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent>;
  /** Resolves when the job is in one of the states. */
  reaches(id: string, ...states: readonly JobState[]): Promise<JobRecord>;
  journal(): Promise<readonly JournalLine[]>;
}

export async function startHarness(options: RuntimeOptions = {}): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-runtime-test-"));
  const file = join(directory, "journal.ndjson");
  const runtime = await startRuntime({ dataDir: join(directory, "data"), jobs: [JOURNAL_JOBS], http: false, logLevel: "silent", ...options });
  const events: RuntimeEvent[] = [];
  const listeners = new Set<(event: RuntimeEvent) => void>();
  runtime.onEvent((event) => {
    events.push(event);
    for (const listener of listeners) listener(event);
  });

  function event(fits: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent> {
    const past = events.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const listener = (candidate: RuntimeEvent): void => {
        if (!fits(candidate)) return;
        listeners.delete(listener);
        resolve(candidate);
      };
      listeners.add(listener);
    });
  }

  return {
    runtime,
    directory,
    file,
    event,
    async add(type, input = {}) {
      return (await runtime.control.enqueue({ type, input: JSON.stringify({ file, ...input }) })).id;
    },
    async reaches(id, ...states) {
      const now = await runtime.control.job(id);
      if (states.includes(now.state)) return now;
      await event((candidate) => candidate.kind === "job.settled" && candidate.jobId === id && states.includes(candidate.state));
      return runtime.control.job(id);
    },
    journal: () => readJournal(file),
    async [Symbol.asyncDispose]() {
      await runtime.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function readJournal(file: string): Promise<readonly JournalLine[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalLine);
}
