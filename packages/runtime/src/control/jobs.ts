import { CofferdamError, isEnded, type AttemptRecord, type JobRecord } from "../model/index.ts";
import { activePause } from "../intake/index.ts";
import { explainWaiting } from "../query/index.ts";
import type { ControlDeps } from "./deps.ts";
import { readLog } from "./logs.ts";
import type { Control } from "./ports.ts";
import { refuseJob, refuseLane } from "./refusals.ts";

type JobActions = Pick<
  Control,
  | "enqueue"
  | "enqueueMany"
  | "job"
  | "beganWith"
  | "document"
  | "jobs"
  | "countJobs"
  | "attempts"
  | "attempt"
  | "logs"
  | "why"
  | "profile"
  | "flight"
  | "cancel"
  | "retry"
  | "attemptById"
  | "adoptResult"
  | "retryWithInput"
  | "change"
  | "remove"
  | "releaseQuarantined"
  | "discardQuarantined"
>;

const GRACE_MS_UNKNOWN_TYPE = 2000;

export function createJobActions(deps: ControlDeps): JobActions {
  const { store, dispatch, clock } = deps;

  async function job(id: string): Promise<JobRecord> {
    const record = await store.job(id);
    if (record !== null) return record;
    throw refuseJob(id, (await store.wasPruned(id)) ? "pruned" : "missing");
  }

  function knownLane(name: string): string {
    if (deps.lanes.all().has(name)) return name;
    throw refuseLane(name, [...deps.lanes.all().keys()]);
  }

  function settled(record: JobRecord): void {
    deps.events.publish({ kind: "job.settled", atMs: clock.nowMs(), jobId: record.id, type: record.type, lane: record.lane, state: record.state, cause: record.cause });
  }

  function readyAgain(record: JobRecord): void {
    deps.events.publish({ kind: "job.enqueued", atMs: clock.nowMs(), jobId: record.id, type: record.type, lane: record.lane, state: record.state });
    dispatch.wake(record.lane);
  }

  async function endedAttempt(id: string, number: number): Promise<AttemptRecord> {
    const record = await job(id);
    const found = (await store.attempts(id)).findLast((attempt: AttemptRecord) => attempt.attempt === number);
    if (found !== undefined) return found;
    const hint = record.state === "running" && number === record.attempts ? "It runs now: its record is written when it ends." : `It has had ${record.attempts} so far.`;
    throw new CofferdamError("attempt_not_found", `job ${id} has no record of attempt ${number}`, { hint });
  }

  return {
    job,
    enqueue: (request) => deps.enqueuer.one(request),
    enqueueMany: (requests) => deps.enqueuer.many(requests),
    async beganWith(id, number) {
      await job(id);
      return store.beganWith(id, number);
    },
    async document(id, which) {
      await job(id);
      return store.document(id, which);
    },
    jobs: (filter, page) => store.jobs(filter, page),
    countJobs: (filter, cap) => store.countJobs(filter, cap),
    async attempts(id) {
      await job(id);
      return store.attempts(id);
    },
    attempt: endedAttempt,
    async *logs(id, attempt, options) {
      await job(id);
      yield* readLog({ store, dispatch, events: deps.events, clock }, { jobId: id, attempt, follow: options.follow, fromByte: options.fromByte, signal: options.signal });
    },
    async flight(id, number) {
      const running = deps.crew.workers().find(({ attempt }) => attempt?.jobId === id);
      const record = await job(id);
      if (record.state === "running" && record.attempts === number && running?.attempt != null) {
        const { samples, tree } = await deps.readFlight(running.id, running.attempt.attemptId);
        return { attemptId: running.attempt.attemptId, workerId: running.id, source: "flight file", memoryBudgetBytes: running.memoryLimitBytes, samples, tree };
      }
      const ended = await endedAttempt(id, number);
      const { id: attemptId, workerId, autopsy, budget } = ended;
      const shared = { attemptId, workerId, memoryBudgetBytes: budget.memoryBytes };
      if (autopsy != null && autopsy.curve.length > 0) return { ...shared, source: "journal", samples: autopsy.curve, tree: autopsy.tree };
      const { samples, tree } = await deps.readFlight(workerId, attemptId);
      return { ...shared, source: "flight file", samples, tree };
    },
    async profile(id, kind, durationMs) {
      await job(id);
      const profile = await dispatch.profile(id, kind, durationMs);
      if (profile !== null) return profile;
      throw new CofferdamError("not_profiled", `no profile of ${id} could be taken`, {
        hint: "Only Node jobs can be asked, and only while they run; inside one native call they do not answer.",
      });
    },
    async why(id) {
      const record = await job(id);
      const counts = await store.counts();
      const lane = deps.lanes.all().get(record.lane) ?? null;
      const nowMs = clock.nowMs();
      return explainWaiting({
        job: record,
        jobType: deps.catalog.types().get(record.type) ?? null,
        lane: lane === null ? null : { ...lane, dispatchPaused: activePause(lane.dispatchPaused, nowMs) },
        phase: deps.host.phase(),
        nowMs,
        laneRunning: dispatch.runningInLane(record.lane),
        typeRunning: dispatch.runningOfType(record.type),
        laneTrip: deps.healer.trip("lane", record.lane),
        typeTrip: deps.healer.trip("type", record.type),
        memory: deps.memory.report(),
        pressure: deps.memory.pressure(),
        laneReady: counts.reduce((sum, count) => (count.lane === record.lane && count.state === "ready" ? sum + count.count : sum), 0),
      });
    },
    async cancel(id, { mode, by, reason }) {
      const nowMs = clock.nowMs();
      const outcome = await store.cancel(id, by, reason, nowMs);
      if (outcome === "missing") throw refuseJob(id, (await store.wasPruned(id)) ? "pruned" : "missing");
      if (outcome === "ended") return cancelEnded(await job(id));
      const record = await job(id);
      if (outcome === "cancelled") {
        settled(record);
        return "cancelled";
      }
      const graceMs = mode === "kill" ? 0 : (deps.catalog.types().get(record.type)?.graceMs ?? GRACE_MS_UNKNOWN_TYPE);
      // When no attempt runs here it has just ended, and the request that was noted decides what comes next; or its lease is on its way here, and goes back.
      dispatch.stopAttempt(id, { kind: "cancel", by, reason, mode, atMs: nowMs }, graceMs);
      return "cancelling";
    },
    async retry(id) {
      const outcome = await store.retry(id, clock.nowMs());
      if (outcome === "missing") throw refuseJob(id, (await store.wasPruned(id)) ? "pruned" : "missing");
      if (outcome === "not-ended") throw refuseJob(id, "not-ended");
      const record = await job(id);
      readyAgain(record);
      return { id, state: record.state, deduplicated: false };
    },
    async attemptById(id) {
      const record = await store.attempt(id);
      if (record === null) throw new CofferdamError("attempt_not_found", `there is no attempt ${id}`, { hint: "cofferdam show <job> lists the attempts of a job." });
      return record;
    },
    async adoptResult(id, adopted) {
      const outcome = await store.adoptResult(id, adopted, clock.nowMs());
      if (outcome === "missing") throw refuseJob(id, (await store.wasPruned(id)) ? "pruned" : "missing");
      const record = await job(id);
      if (outcome === "not-ended") throw record.state === "succeeded" ? new CofferdamError("job_finished", `job ${id} has succeeded by itself`) : refuseJob(id, "not-ended");
      deps.events.publish({ kind: "job.settled", atMs: clock.nowMs(), jobId: id, type: record.type, lane: record.lane, state: "succeeded", cause: "succeeded" });
      return record;
    },
    async retryWithInput(id, input) {
      const record = await job(id);
      if (!isEnded(record.state) && record.state !== "quarantined") throw refuseJob(id, "not-ended");
      const request = { type: record.type, lane: record.lane, priority: record.priority, tags: record.tags, input };
      return deps.enqueuer.one(record.uniqueKey === null ? request : { ...request, uniqueKey: record.uniqueKey }, { scheduleSlot: null, retryOf: id });
    },
    async change(id, change) {
      if (change.lane !== undefined) knownLane(change.lane);
      const outcome = await store.reschedule(id, change, clock.nowMs());
      if (outcome !== "changed") throw refuseJob(id, outcome === "missing" && (await store.wasPruned(id)) ? "pruned" : outcome);
      const record = await job(id);
      if (record.state === "ready") dispatch.wake(record.lane);
      else dispatch.wakeAt(record.runAtMs);
      return record;
    },
    async remove(id) {
      const outcome = await store.remove(id);
      if (outcome !== "removed") throw refuseJob(id, outcome === "missing" && (await store.wasPruned(id)) ? "pruned" : outcome);
      deps.events.publish({ kind: "job.removed", atMs: clock.nowMs(), jobId: id });
    },
    async releaseQuarantined(id, lane) {
      const outcome = await store.releaseQuarantined(id, lane === null ? null : knownLane(lane), clock.nowMs());
      if (outcome !== "ready") throw refuseJob(id, outcome);
      readyAgain(await job(id));
    },
    async discardQuarantined(id) {
      const outcome = await store.discardQuarantined(id, clock.nowMs());
      if (outcome !== "discarded") throw refuseJob(id, outcome);
      settled(await job(id));
    },
  };
}

function cancelEnded(record: JobRecord): "cancelled" {
  // Asking twice is no mistake; asking for what can no longer be had is.
  if (record.state === "cancelled") return "cancelled";
  throw refuseJob(record.id, "ended");
}
