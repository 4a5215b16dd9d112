import { rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Clock, Logger } from "./platform/index.ts";
import { OLDER } from "./recorder/index.ts";
import { sweepSnapshots } from "./supervisor/index.ts";
import type { Store } from "./store/ports.ts";

const INTERVAL_MS = 60_000;
const JOBS_AT_ONCE = 1000;
const IDEMPOTENCY_MS = 24 * 3_600_000;

export interface HousekeepingOptions {
  readonly store: Pick<Store, "prune">;
  readonly retention: { readonly succeededMs: number; readonly failedMs: number };
  readonly logDirectory: string;
  /** A worker's flight record goes with its log. */
  readonly flightDirectory: string;
  readonly artifactDirectory: string;
  /** Whether it may still write to its log, "WORKER.log". */
  isLiving(workerId: string): boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes what has passed its retention: rows in small portions, then the logs that nobody points to any more. Resolves the stop when the last portion is done. */
export function keepHouse(options: HousekeepingOptions): { readonly stop: () => Promise<void> } {
  const { clock } = options;
  /** Logs that nobody points to any more, but whose worker still lives. The store names each only once. */
  const spared = new Set<string>();
  let isStopped = false;
  let running = Promise.resolve();
  const sweepAll = async (): Promise<void> => {
    let removed = JOBS_AT_ONCE;
    while (removed >= JOBS_AT_ONCE) removed = isStopped ? 0 : await sweepOnce(options, spared);
    const { artifactDirectory: directory, isLiving, retention } = options;
    await sweepSnapshots({ directory, isLiving, beforeMs: clock.nowMs() - retention.failedMs });
  };
  const begin = (): void => {
    running = running.then(sweepAll).catch((error: unknown) => options.logger.warn({ err: error }, "old jobs could not be removed; trying again in a minute"));
  };
  const cancel = clock.every(INTERVAL_MS, begin, { keepAlive: false });
  begin();
  return {
    stop() {
      isStopped = true;
      cancel();
      return running.then(() => removeAll([...spared].flatMap((file) => filesWith(file, options.flightDirectory))));
    },
  };
}

async function sweepOnce(options: HousekeepingOptions, spared: Set<string>): Promise<number> {
  const nowMs = options.clock.nowMs();
  const { succeededMs, failedMs } = options.retention;
  const pruned = await options.store.prune({
    succeededBeforeMs: nowMs - succeededMs,
    failedBeforeMs: nowMs - failedMs,
    idempotencyBeforeMs: nowMs - IDEMPOTENCY_MS,
    limit: JOBS_AT_ONCE,
  });
  // Only our own log files: a row can never make us remove anything else.
  for (const file of pruned.logFiles) if (dirname(resolve(file)) === options.logDirectory) spared.add(file);
  const unused = [...spared].filter((file) => !options.isLiving(workerOf(file)));
  await Promise.all(unused.flatMap((file) => filesWith(file, options.flightDirectory)).map((file) => rm(file, { force: true })));
  for (const file of unused) spared.delete(file);
  return pruned.jobs;
}

function workerOf(log: string): string {
  return basename(log, ".log");
}

function filesWith(log: string, flightDirectory: string): readonly string[] {
  const flight = join(flightDirectory, workerOf(log));
  return [log, flight, flight + OLDER];
}

async function removeAll(files: readonly string[]): Promise<void> {
  await Promise.all(files.map((file) => rm(file, { force: true })));
}
