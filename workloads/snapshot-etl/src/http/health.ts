import { readFlag } from "../conduct/flags.ts";
import { INGEST_PAUSED } from "../ingest/ingest.ts";
import type { Service } from "../service.ts";
import { countDeadLetters, countQuarantined, readLanes } from "../watch/read-gauges.ts";

const MB = 1024 * 1024;

/** What operators read: `.data.lanes[0].depth`, `.data.workers[0].memory_mb`, `.data.quarantined`. */
export async function readHealth(service: Service): Promise<object> {
  const { database, runtime, alerts, settings } = service;
  const nowMs = Date.now();
  const [lanes, quarantined, deadLetters, paused] = await Promise.all([
    readLanes(runtime.control, nowMs),
    countQuarantined(database.read),
    countDeadLetters(database.read),
    readFlag(database.read, INGEST_PAUSED),
  ]);
  const active = alerts.active();
  return {
    status: "success",
    data: {
      overall_status: active.length > 0 || paused !== null || lanes.some((lane) => lane.paused) ? "degraded" : "healthy",
      ingest: { paused: paused !== null, reason: paused },
      lanes: lanes.map((lane) => ({
        name: lane.lane,
        depth: lane.depth,
        oldest_age_seconds: lane.oldestSeconds,
        active: lane.active,
        paused: lane.paused,
        failed_rate: alerts.failedShare(lane.type),
      })),
      workers: service.live.list(runtime.control).map((worker) => ({
        worker: worker.worker,
        lane: worker.lane,
        status: worker.status,
        snapshot_id: worker.jobId === null ? null : service.conductor.snapshotOf(worker.jobId),
        staleness_seconds: worker.stalenessSeconds,
        total_updates: worker.totalUpdates,
        memory_mb: Math.round((worker.memoryBytes / MB) * 10) / 10,
        pids: worker.tasks,
        restarts: alerts.restarts(),
        should_restart: worker.stalenessSeconds * 1000 > settings.stallMs,
        // The runtime ends a stalled worker by itself; nobody has to ask.
        restart_requested: false,
      })),
      quarantined,
      dead_letters: deadLetters,
      alerts: active.map(({ name, message, atMs }) => ({ name, message, since: new Date(atMs).toISOString() })),
      database: { kind: database.kind, journal_mode: await database.journalMode() },
    },
  };
}
