import { isActive } from "../runs/run-status.ts";
import type { Services } from "./services.ts";

const MIB = 1024 * 1024;
/** From here on a worker is said to need a restart. */
const NEAR_LIMIT = 0.9;

/** Only what is in memory: the answer waits for no disk and no worker. */
export function readHealth({ conductor, settings, startedAtMs, loopDelayMs, now }: Services): object {
  const atMs = now().getTime();
  return {
    status: "healthy",
    service: "market-crawl",
    uptime_seconds: Math.round((atMs - startedAtMs) / 1000),
    memory_mb: round(process.memoryUsage.rss() / MIB),
    event_loop_delay_ms: round(loopDelayMs()),
    run: readRun(conductor, settings, atMs),
  };
}

function readRun(conductor: Services["conductor"], settings: Services["settings"], atMs: number): object | null {
  const live = conductor.live.current();
  const row = conductor.active();
  if (live === null && (row === null || !isActive(row.status))) return null;
  const worker = conductor.live.worker();
  const lastMs = live?.lastUpdateMs ?? Date.parse(row?.heartbeat_at ?? "");
  const stalenessMs = Number.isFinite(lastMs) ? Math.max(0, atMs - lastMs) : 0;
  return {
    run_id: live?.note?.run ?? row?.id ?? null,
    status: live === null ? (row?.status ?? "queued") : "running",
    source: live?.note?.source ?? null,
    page: live?.note?.page ?? null,
    processed: live?.note?.processed ?? 0,
    saved: live?.note?.saved ?? 0,
    failed: live?.note?.failed ?? 0,
    staleness_seconds: round(stalenessMs / 1000),
    memory_mb: round(worker.memoryBytes / MIB),
    pids: worker.pids,
    total_updates: live?.updates ?? 0,
    should_restart: stalenessMs > settings.stallMs || worker.memoryBytes > settings.workerMemoryBytes * NEAR_LIMIT,
    restart_requested: row?.cancel_requested === 1,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
