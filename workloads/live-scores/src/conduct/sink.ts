import { messageOf } from "workload-command-line";
import type { Database } from "../database/database.ts";
import { nextBatch, outboxDepth, removeDelivered } from "../database/outbox.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";

/** Tells the sink what was emitted, in order; what it does not take waits. */
export interface Sink {
  /** There is something new. */
  wake(): void;
  /** How much waits, as far as is known. */
  depth(): number;
  stop(): Promise<void>;
}

export interface SinkDeps {
  readonly database: Database;
  readonly url: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

const BATCH = 20;
const TIMEOUT_MS = 10_000;
const PAUSE_MS_MAX = 15_000;

export function createSink({ database, url, metrics, log }: SinkDeps): Sink {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let hasMore = false;
  let failures = 0;
  let depth = 0;
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    hasMore = true;
    if (stopping.signal.aborted || running !== null) return;
    // While it fails, its own pause decides when it is tried again; how much waits is known all the same.
    if (timer === undefined) run();
    else void measure();
  }

  async function measure(): Promise<void> {
    depth = await outboxDepth(database).catch(() => depth);
  }

  function run(): void {
    running = drain()
      .then(() => {
        failures = 0;
      })
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        failures += 1;
        metrics.retried("sink");
        log.warn(`the sink does not take emissions: ${messageOf(error)}`, { waiting: depth });
        const again = (): void => {
          timer = undefined;
          run();
        };
        timer = setTimeout(again, Math.min(PAUSE_MS_MAX, 250 * 2 ** Math.min(failures, 10)));
      })
      .finally(() => {
        running = null;
        if (hasMore && timer === undefined && !stopping.signal.aborted) run();
      });
  }

  async function drain(): Promise<void> {
    for (;;) {
      hasMore = false;
      const batch = await nextBatch(database, BATCH);
      await measure();
      if (batch.length === 0) return;
      const body = `[${batch.map(({ payload }) => payload).join(",")}]`;
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`status ${response.status}`);
      await removeDelivered(
        database,
        batch.map(({ id }) => id),
      );
    }
  }

  return {
    wake,
    depth: () => depth,
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
