import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Clock, Logger } from "./platform/index.ts";
import { OLDER } from "./recorder/index.ts";
import { sweepSnapshots } from "./supervisor/index.ts";
import type { Store } from "./store/ports.ts";

const INTERVAL_MS = 60_000;
const AT_ONCE = 1000;
const IDEMPOTENCY_MS = 24 * 3_600_000;
const WORKER = "w_";

export interface HousekeepingOptions {
  readonly store: Pick<Store, "prune" | "strayLogs">;
  readonly retention: { readonly succeededMs: number; readonly failedMs: number };
  /** Of what workers write: "logs/WORKER.log", a flight record that goes with it, a ledger, artifacts. */
  readonly directories: { readonly logs: string; readonly flight: string; readonly ledger: string; readonly artifacts: string };
  /** Who may still write to its files, or has run something whose end is not stored yet. */
  workersInUse(): ReadonlySet<string>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes what has passed its retention: rows in small portions, then the logs that nobody points to any more. Resolves the stop when the last portion is done. */
export function keepHouse(options: HousekeepingOptions): { readonly stop: () => Promise<void> } {
  const { clock, directories, retention } = options;
  let isStopped = false;
  let hasFoundStrays = false;
  let running = Promise.resolve();
  const sweepAll = async (): Promise<void> => {
    if (!hasFoundStrays) await removeStrays(options);
    hasFoundStrays = true;
    let removed = AT_ONCE;
    while (removed >= AT_ONCE) removed = isStopped ? 0 : await sweepOnce(options);
    await sweepLedgers(options);
    const inUse = options.workersInUse();
    await sweepSnapshots({ directory: directories.artifacts, isLiving: (workerId) => inUse.has(workerId), beforeMs: clock.nowMs() - retention.failedMs });
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
      return running;
    },
  };
}

/** How many jobs or logs were removed, whichever were more. */
async function sweepOnce({ store, clock, retention, directories, workersInUse }: HousekeepingOptions): Promise<number> {
  const nowMs = clock.nowMs();
  const pruned = await store.prune({
    succeededBeforeMs: nowMs - retention.succeededMs,
    failedBeforeMs: nowMs - retention.failedMs,
    idempotencyBeforeMs: nowMs - IDEMPOTENCY_MS,
    logsInUse: [...workersInUse()].map((workerId) => join(directories.logs, logOf(workerId))),
    limit: AT_ONCE,
  });
  // Only our own log files: a row can never make us remove anything else.
  const own = pruned.logFiles.filter((file) => dirname(resolve(file)) === directories.logs);
  await Promise.all(own.map((file) => removeRecords(basename(file, ".log"), directories)));
  return Math.max(pruned.jobs, pruned.logFiles.length);
}

/** What workers left that never had an attempt, or was about to be removed when the runtime was killed. */
async function removeStrays({ store, directories, workersInUse }: HousekeepingOptions): Promise<void> {
  const logs = (await list(directories.logs)).map((name) => basename(name, ".log"));
  const flights = (await list(directories.flight)).map((name) => basename(name, OLDER));
  // In this order: who has begun and ended since the folders were read is known to the store.
  const inUse = workersInUse();
  const unused = [...new Set([...logs, ...flights])].filter((workerId) => workerId.startsWith(WORKER) && !inUse.has(workerId));
  if (unused.length === 0) return;
  for (const file of await store.strayLogs(unused.map(logOf))) await removeRecords(basename(file, ".log"), directories);
}

/** A ledger tells the next start what had begun: it stays until the end of that is stored. */
async function sweepLedgers({ directories, workersInUse }: HousekeepingOptions): Promise<void> {
  const names = await list(directories.ledger);
  const inUse = workersInUse();
  for (const workerId of names) if (!inUse.has(workerId)) await rm(join(directories.ledger, workerId), { force: true });
}

function logOf(workerId: string): string {
  return `${workerId}.log`;
}

async function removeRecords(workerId: string, { logs, flight }: HousekeepingOptions["directories"]): Promise<void> {
  const record = join(flight, workerId);
  await Promise.all([join(logs, logOf(workerId)), record, record + OLDER].map((file) => rm(file, { force: true })));
}

async function list(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
