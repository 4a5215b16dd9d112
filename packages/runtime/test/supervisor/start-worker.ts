import { rm } from "node:fs/promises";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createLooseBreakers } from "../../src/breaker/index.ts";
import { openSurroundings } from "../../src/governor/index.ts";
import type { JobType, Lease } from "../../src/model/index.ts";
import { newId, systemChance, systemClock } from "../../src/platform/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import { createAttemptWorker, openYard, type AttemptWorker, type AttemptWorkerOptions } from "../../src/supervisor/index.ts";
import { jobTypeOf } from "../job-type.ts";

/** A worker that is up, with a directory of its own. */
export interface OpenWorker extends AsyncDisposable {
  readonly worker: AttemptWorker;
  readonly directory: string;
  readonly logFile: string;
}

/** A type whose module is in `jobs/`. */
export const jobTypeIn = (file: string, more: Partial<JobType> = {}): JobType =>
  jobTypeOf(file.replace(/\.ts$/, ""), { moduleUrl: pathToFileURL(join(import.meta.dirname, "jobs", file)).href, ...more });

export async function startWorker(jobType: JobType, more: Partial<AttemptWorkerOptions> & { readonly tier?: "auto" | "scan" } = {}): Promise<OpenWorker> {
  const { tier = "auto", ...options } = more;
  const yard = await openYard({ tier, nice: 0 });
  const directory = mkdtempSync(join(tmpdir(), "cofferdam-worker-"));
  const logFile = join(directory, "worker.log");
  const up = Promise.withResolvers<void>();
  const worker = createAttemptWorker(yard, {
    id: newId("worker", systemClock.nowMs(), systemChance),
    budget: jobType.budget,
    cwd: process.cwd(),
    env: process.env,
    logFile,
    ledgerFile: join(directory, "ledger"),
    recorder: createRecorder({ directory: null, clock: systemClock, surroundings: openSurroundings(), release: null, onFailure: () => undefined }),
    attemptsMax: 100,
    growthBytesMax: Number.MAX_SAFE_INTEGER,
    breakers: createLooseBreakers(systemClock),
    onStart: () => up.resolve(),
    onIdle: () => undefined,
    onGone: () => undefined,
    ...options,
  });
  await up.promise;
  return {
    worker,
    directory,
    logFile,
    async [Symbol.asyncDispose]() {
      worker.retire("the test is over");
      await worker.gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function leaseOf(jobType: JobType, attemptId: string, input: unknown): Lease {
  return {
    jobId: `j_${attemptId}`,
    attemptId,
    attempt: 1,
    token: "",
    type: jobType.type,
    lane: "default",
    input: JSON.stringify(input),
    checkpoint: null,
    errors: 0,
    deaths: 0,
    leasedAtMs: 0,
    runAtMs: 0,
  };
}
