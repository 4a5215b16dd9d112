import type { WorkerView } from "../supervisor/ports.ts";
import type { Service } from "./after-end.ts";
import type { ServiceState, ServiceView } from "./ports.ts";
import { judge, type Sentence, type ServiceSighting } from "./rules.ts";
import type { LiveStart } from "./sight.ts";

export function sightingOf(live: LiveStart, workers: readonly WorkerView[], nowMs: number): ServiceSighting {
  const worker = workerOf(live, workers);
  return {
    nowMs,
    startedAtMs: live.started?.atMs ?? nowMs,
    lastUpdateAtMs: live.lastUpdateAtMs,
    errorsAtMs: live.errorsAtMs,
    memoryBytes: worker?.memoryBytes ?? null,
    tasks: worker?.tasks ?? null,
  };
}

export function sentencesOf({ live, rules }: Service, workers: readonly WorkerView[], nowMs: number): readonly Sentence[] {
  return live === null || live.started === null ? [] : judge(rules, sightingOf(live, workers, nowMs));
}

export function viewService(service: Service, workers: readonly WorkerView[], nowMs: number): ServiceView {
  const { name, jobType, rules, record, live } = service;
  const worker = live === null ? undefined : workerOf(live, workers);
  const startedAtMs = live?.started?.atMs ?? null;
  const windowMs = rules.errors?.withinMs ?? 600_000;
  return {
    name,
    description: jobType.description,
    state: stateOf(service),
    record,
    rules,
    app: jobType.app ?? null,
    attemptId: live?.running.lease.attemptId ?? null,
    workerId: live?.started?.workerId ?? null,
    pid: live?.started?.pid ?? null,
    startedAtMs,
    nextStartAtMs: service.nextStartAtMs,
    updates: live?.updates ?? 0,
    lastUpdateAtMs: live?.lastUpdateAtMs ?? null,
    stalenessMs: startedAtMs === null ? null : Math.max(0, nowMs - (live?.lastUpdateAtMs ?? startedAtMs)),
    note: live?.note ?? null,
    data: live?.data ?? null,
    errorsInWindow: live?.errorsAtMs.filter((atMs) => atMs > nowMs - windowMs).length ?? 0,
    errorsTotal: live?.errorsTotal ?? 0,
    lastError: live?.lastError ?? null,
    memoryBytes: worker?.memoryBytes ?? null,
    memoryLimitBytes: jobType.budget.memoryBytes,
    tasks: worker?.tasks ?? null,
    pidsLimit: jobType.budget.pids,
    restartRequested: live?.ending?.wish === "restart" ? live.ending.reason : null,
    sentences: sentencesOf(service, workers, nowMs),
  };
}

function stateOf({ live, record, nextStartAtMs }: Service): ServiceState {
  if (live !== null) {
    if (live.ending !== null) return "stopping";
    return live.lastUpdateAtMs === null ? "starting" : "running";
  }
  if (record.wish === "stop") return "stopped";
  if (record.escalated !== null) return "down";
  return nextStartAtMs === null ? "starting" : "waiting";
}

function workerOf(live: LiveStart, workers: readonly WorkerView[]): WorkerView | undefined {
  return workers.find(({ attempt }) => attempt?.attemptId === live.running.lease.attemptId);
}
