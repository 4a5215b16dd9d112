import type { LaneView, LedgerView, ScheduleView, WhyReason } from "../control/ports.ts";
import type { TripView } from "../healing/ports.ts";
import type { LaneRecord } from "../model/index.ts";
import type { QueueCount, TypeStats } from "../store/ports.ts";
import type { WorkerView } from "../supervisor/ports.ts";
import { rfc3339, seconds } from "./time.ts";

export function renderLane(lane: LaneView) {
  return {
    name: lane.name,
    concurrency: lane.concurrency,
    memory_bytes: lane.memoryBytes,
    running: lane.running,
    ready: lane.ready,
    oldest_ready_at: rfc3339(lane.oldestReadyMs),
    dispatch_paused: renderPause(lane.dispatchPaused),
    intake_paused: renderPause(lane.intakePaused),
    held: lane.held === null ? null : renderTrip(lane.held),
  };
}

export function renderTrip({ scope, name, state, allowed, full, trips, reason, sinceMs, untilMs }: TripView) {
  return { scope, name, state, allowed, full, trips, reason, since: rfc3339(sinceMs), until: rfc3339(untilMs) };
}

type Head = LedgerView["blocked"][number];

export function renderLedger(ledger: LedgerView) {
  return {
    limit_bytes: ledger.limit.bytes,
    limit_source: ledger.limit.source,
    margin_bytes: ledger.marginBytes,
    capacity_bytes: ledger.capacityBytes,
    reserved_bytes: ledger.reservedBytes,
    used_bytes: ledger.usedBytes,
    available_bytes: ledger.availableBytes,
    stall_percent: ledger.stallPercent,
    pressure: ledger.pressure,
    gate: ledger.gate,
    reservations: ledger.reservations,
    blocked: ledger.blocked.map(renderHead),
    kept_for: ledger.keptFor === null ? null : renderHead(ledger.keptFor),
    fits: ledger.fits.map(({ lane, type, needBytes, slots }) => ({ lane, type, need_bytes: needBytes, slots: Number.isFinite(slots) ? slots : null })),
  };
}

function renderHead({ lane, type, jobId, needBytes, sinceMs, bypassed }: Head) {
  return { lane, type, job_id: jobId, need_bytes: needBytes, since: rfc3339(sinceMs), bypassed };
}

function renderPause(pause: LaneRecord["dispatchPaused"]) {
  return pause === null ? null : { reason: pause.reason, until: rfc3339(pause.untilMs), at: rfc3339(pause.atMs) };
}

export function renderSchedule(schedule: ScheduleView) {
  return {
    key: schedule.key,
    type: schedule.type,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    lane: schedule.lane,
    overlap: schedule.overlap,
    catch_up: schedule.catchUp,
    origin: schedule.origin,
    paused: schedule.paused,
    last_slot_at: rfc3339(schedule.lastSlotMs),
    last_job_id: schedule.lastJobId,
    next_slot_at: rfc3339(schedule.nextSlotMs),
    missed: schedule.missed,
    updated_at: rfc3339(schedule.updatedAtMs),
  };
}

export function renderWorker(worker: WorkerView) {
  return {
    id: worker.id,
    pid: worker.pid,
    state: worker.state,
    started_at: rfc3339(worker.startedAtMs),
    attempts_done: worker.attemptsDone,
    attempt:
      worker.attempt === null
        ? null
        : {
            id: worker.attempt.attemptId,
            job_id: worker.attempt.jobId,
            type: worker.attempt.type,
            lane: worker.attempt.lane,
            since: rfc3339(worker.attempt.sinceMs),
            stage: worker.attempt.stage,
          },
    handed_ahead: worker.handedAhead,
    memory_bytes: worker.memoryBytes,
    memory_limit_bytes: worker.memoryLimitBytes,
    kept: worker.kept.map(({ pid, what, processes, memoryBytes }) => ({ pid, what, processes, memory_bytes: memoryBytes })),
    tasks: worker.tasks,
    tier: worker.tier,
  };
}

export function renderReason(reason: WhyReason) {
  return { code: reason.code, text: reason.text, until: rfc3339(reason.untilMs) };
}

export function renderCount(count: QueueCount) {
  return { lane: count.lane, type: count.type, state: count.state, count: count.count, oldest_ready_at: rfc3339(count.oldestReadyMs) };
}

export function renderTypeStats(stats: TypeStats) {
  return {
    type: stats.type,
    lane: stats.lane,
    attempts: stats.attempts,
    by_cause: stats.byCause,
    wall_seconds_p50: seconds(stats.wallMsP50),
    wall_seconds_p95: seconds(stats.wallMsP95),
    wait_seconds_p50: seconds(stats.waitMsP50),
    wait_seconds_p95: seconds(stats.waitMsP95),
  };
}
