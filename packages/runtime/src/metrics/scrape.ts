import { BREAKER_STATES, INCIDENT_CAUSES, JOB_STATES } from "../model/index.ts";
import type { Control } from "../control/ports.ts";
import type { Instruments } from "./instruments.ts";

const WORKER_STATES = ["starting", "idle", "busy", "retiring"] as const;

export type ScrapeSource = Pick<
  Control,
  "lanes" | "schedules" | "workers" | "brokenModules" | "counts" | "health" | "ledger" | "trips" | "budgets" | "leaks" | "breakers" | "services" | "incidentCounts"
>;

/** Sets the gauges from what is true now. Label sets that are gone disappear. */
export async function scrapeGauges(instruments: Instruments, source: ScrapeSource, nowMs: number): Promise<void> {
  instruments.heartbeat.set(nowMs / 1000);
  instruments.brokenModules.set(source.brokenModules().length);
  setWorkers(instruments, source);
  setServices(instruments, source);
  for (const state of BREAKER_STATES) instruments.breakers.set({ state }, 0);
  for (const { state } of source.breakers()) instruments.breakers.inc({ state }, 1);
  const [lanes, counts, schedules, health, incidents] = await Promise.all([source.lanes(), source.counts(), source.schedules(), source.health(), source.incidentCounts()]);
  setIncidents(instruments, incidents);

  for (const gauge of [
    instruments.jobs,
    instruments.oldestReady,
    instruments.laneLimit,
    instruments.lanePaused,
    instruments.laneIntakePaused,
    instruments.memoryReserved,
    instruments.memoryBlocked,
    instruments.tripped,
  ])
    gauge.reset();
  for (const lane of lanes) {
    for (const state of JOB_STATES) instruments.jobs.set({ lane: lane.name, state }, 0);
    instruments.laneLimit.set({ lane: lane.name }, lane.concurrency);
    instruments.lanePaused.set({ lane: lane.name }, lane.dispatchPaused === null ? 0 : 1);
    instruments.laneIntakePaused.set({ lane: lane.name }, lane.intakePaused === null ? 0 : 1);
    if (lane.oldestReadyMs !== null) instruments.oldestReady.set({ lane: lane.name }, lane.oldestReadyMs / 1000);
  }
  setMemory(
    instruments,
    source,
    lanes.map(({ name }) => name),
  );
  setLearned(instruments, source);
  for (const { scope, name } of source.trips()) instruments.tripped.set({ scope, name }, 1);
  for (const { lane, state, count } of counts) instruments.jobs.inc({ lane, state }, count);

  for (const gauge of [instruments.schedulePaused, instruments.scheduleLast, instruments.scheduleNext]) gauge.reset();
  for (const { key, paused, lastSlotMs, nextSlotMs } of schedules) {
    instruments.schedulePaused.set({ schedule: key }, paused ? 1 : 0);
    if (lastSlotMs !== null) instruments.scheduleLast.set({ schedule: key }, lastSlotMs / 1000);
    if (nextSlotMs !== null) instruments.scheduleNext.set({ schedule: key }, nextSlotMs / 1000);
  }
  instruments.storeSize.set(health.store.sizeBytes);
  instruments.storeWritable.set(health.store.writable ? 1 : 0);
}

function setServices(instruments: Instruments, source: ScrapeSource): void {
  const { serviceUp, serviceWanted, serviceUpdate, serviceFreshness, serviceMemory, servicePids } = instruments;
  for (const gauge of [serviceUpdate, serviceMemory, servicePids]) gauge.reset();
  for (const { name: service, state, record, rules, lastUpdateAtMs, memoryBytes, tasks } of source.services()) {
    serviceUp.set({ service }, state === "running" ? 1 : 0);
    serviceWanted.set({ service }, record.wish === "run" ? 1 : 0);
    serviceFreshness.set({ service }, rules.freshnessMs / 1000);
    if (lastUpdateAtMs !== null) serviceUpdate.set({ service }, lastUpdateAtMs / 1000);
    if (memoryBytes !== null) serviceMemory.set({ service }, memoryBytes);
    if (tasks !== null) servicePids.set({ service }, tasks);
  }
}

function setIncidents(instruments: Instruments, counts: Awaited<ReturnType<ScrapeSource["incidentCounts"]>>): void {
  for (const cause of INCIDENT_CAUSES) instruments.incidentsOpen.set({ cause }, 0);
  for (const { cause, state, count } of counts) if (state !== "resolved") instruments.incidentsOpen.inc({ cause }, count);
}

function setWorkers(instruments: Instruments, source: ScrapeSource): void {
  for (const state of WORKER_STATES) {
    instruments.workers.set({ state }, 0);
    instruments.workerMemory.set({ state }, 0);
  }
  for (const { state, memoryBytes } of source.workers()) {
    instruments.workers.inc({ state }, 1);
    instruments.workerMemory.inc({ state }, memoryBytes);
  }
}

function setMemory(instruments: Instruments, source: ScrapeSource, lanes: readonly string[]): void {
  const ledger = source.ledger();
  instruments.memoryCapacity.set(ledger.capacityBytes);
  instruments.memoryAvailable.set(ledger.availableBytes);
  instruments.memoryGate.set(ledger.gate === "closed" ? 1 : 0);
  for (const lane of lanes) {
    instruments.memoryReserved.set({ lane }, sumOf(ledger.reservations.filter((each) => each.lane === lane).map(({ bytes }) => bytes)));
    instruments.memoryBlocked.set({ lane }, ledger.blocked.filter((each) => each.lane === lane).length);
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function setLearned(instruments: Instruments, source: ScrapeSource): void {
  for (const gauge of [instruments.suggestedMemory, instruments.leakedHeap, instruments.leftHandles, instruments.leftScratch, instruments.leftProcesses]) gauge.reset();
  for (const { type, suggestedBytes } of source.budgets()) if (suggestedBytes !== null) instruments.suggestedMemory.set({ type }, suggestedBytes);
  for (const { type, heap, handles, scratchBytes, processes } of source.leaks()) {
    instruments.leakedHeap.set({ type }, heap?.verdict === "grows" ? heap.bytesPerAttempt : 0);
    instruments.leftHandles.set({ type }, handles);
    instruments.leftScratch.set({ type }, scratchBytes);
    instruments.leftProcesses.set({ type }, processes);
  }
}
