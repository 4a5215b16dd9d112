import { Registry, collectDefaultMetrics } from "@prometheus-io/client";
import { CAUSES, INCIDENT_CAUSES, RESTART_REASONS, familyOf, type JobType, type RuntimeEvent } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { OUTCOMES, outcomeOf } from "./outcome.ts";
import { scrapeGauges, type ScrapeSource } from "./scrape.ts";

export interface MetricsDeps {
  readonly source: ScrapeSource;
  readonly clock: Clock;
  readonly version: string;
  /** Also the process's own `nodejs_*` and `process_*` metrics. */
  readonly processMetrics: boolean;
}

export interface Metrics {
  observe(event: RuntimeEvent): void;
  /** What jobs of a type counted. Names beyond the first hundred of a type are counted as "other". */
  observeCounts(type: string, counts: readonly (readonly [name: string, by: number])[]): void;
  observeRequest(request: { readonly method: string; readonly route: string; readonly code: number; readonly durationMs: number }): void;
  /** Makes every label combination of these types and lanes exist with 0: otherwise the first death would be invisible to `increase()`. */
  expect(types: Iterable<JobType>, lanes: Iterable<string>): void;
  text(format: "prometheus" | "openmetrics"): Promise<{ readonly contentType: string; readonly body: string }>;
}

const COUNTED_NAMES_MAX = 100;

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
  const openRegistry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  const instruments = createInstruments([registry, openRegistry]);
  if (deps.processMetrics) {
    // By default the event-loop metrics wake this process a hundred and ten times a second.
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 250, eventLoopUtilizationTimeout: 5000 });
    for (const { name } of registry.getMetricsAsArray()) shareMetric(registry, openRegistry, name);
  }
  instruments.buildInfo.set({ version: deps.version, node: process.versions.node }, 1);
  for (const cause of INCIDENT_CAUSES) instruments.incidents.inc({ cause }, 0);
  for (const op of ["write", "scrape"]) instruments.storeErrors.inc({ op }, 0);

  const namesOf = new Map<string, Set<string>>();

  /** Labels stay bounded whatever jobs count. */
  function boundedName(type: string, name: string): string {
    const names = namesOf.get(type) ?? new Set<string>();
    namesOf.set(type, names);
    if (names.has(name)) return name;
    if (names.size >= COUNTED_NAMES_MAX) return "other";
    names.add(name);
    return name;
  }

  return {
    observe: (event) => count(instruments, event),
    observeCounts(type, counts) {
      for (const [name, by] of counts) instruments.counted.inc({ type, name: boundedName(type, name) }, by);
    },
    observeRequest({ method, route, code, durationMs }) {
      instruments.requestDuration.observe({ method, route, code }, durationMs / 1000);
    },
    expect: (types, lanes) => expectLabels(instruments, types, lanes),
    async text(format) {
      try {
        await scrapeGauges(instruments, deps.source, deps.clock.nowMs());
      } catch {
        // The counters are still true; that the store could not be read is counted and shown.
        instruments.storeErrors.inc({ op: "scrape" });
      }
      const chosen = format === "openmetrics" ? openRegistry : registry;
      return { contentType: chosen.contentType, body: await chosen.metrics() };
    },
  };
}

function shareMetric(from: Registry, to: Registry, name: string): void {
  const metric = from.getSingleMetric(name);
  if (metric !== undefined && to.getSingleMetric(name) === undefined) to.registerMetric(metric);
}

function expectLabels(instruments: Instruments, types: Iterable<JobType>, lanes: Iterable<string>): void {
  for (const lane of lanes) expectLane(instruments, lane);
  for (const { type, lane, service } of types) {
    if (service !== undefined) {
      instruments.serviceEscalations.inc({ service: type }, 0);
      for (const reason of RESTART_REASONS) instruments.serviceRestarts.inc({ service: type, reason }, 0);
    }
    expectLane(instruments, lane);
    instruments.jobsEnqueued.inc({ lane, type }, 0);
    instruments.quarantined.inc({ lane, type }, 0);
    instruments.trips.inc({ scope: "type", name: type }, 0);
    for (const action of ["quarantine", "route"]) for (const by of ["size-guard", "prediction"]) instruments.diverted.inc({ type, action, by }, 0);
    for (const outcome of OUTCOMES) instruments.attempts.inc({ lane, type, outcome }, 0);
  }
}

function expectLane(instruments: Instruments, lane: string): void {
  instruments.trips.inc({ scope: "lane", name: lane }, 0);
  instruments.leakedProcesses.inc({ lane }, 0);
  for (const cause of CAUSES) if (familyOf(cause) === "death") instruments.deaths.inc({ lane, cause }, 0);
}

function count(instruments: Instruments, event: RuntimeEvent): void {
  switch (event.kind) {
    case "job.enqueued":
      instruments.jobsEnqueued.inc({ lane: event.lane, type: event.type });
      return;
    case "lane.tripped":
      instruments.trips.inc({ scope: event.scope, name: event.name });
      return;
    case "workers.failing":
      instruments.startFailures.inc();
      return;
    case "job.diverted":
      instruments.diverted.inc({ type: event.type, action: event.action, by: event.by });
      return;
    case "attempt.started":
      instruments.jobWait.observe({ lane: event.lane }, event.waitMs / 1000);
      return;
    case "attempt.ended":
      countEnd(instruments, event);
      return;
    case "worker.started":
      instruments.workerStarts.inc();
      return;
    case "worker.ended":
      instruments.workerEnds.inc();
      return;
    case "schedule.missed":
      instruments.scheduleMissed.inc({ schedule: event.key });
      return;
    case "service.restarting":
      instruments.serviceRestarts.inc({ service: event.service, reason: event.reason });
      return;
    case "service.escalated":
      instruments.serviceEscalations.inc({ service: event.service });
      return;
    case "incident.opened":
    case "incident.regressed":
      instruments.incidents.inc({ cause: event.cause });
      return;
    case "incident.unwritten":
      instruments.incidentWriteFailures.inc();
      return;
    case "breaker.opened":
      instruments.breakerTrips.inc();
      return;
    case "store.full":
      instruments.storeErrors.inc({ op: "write" });
      return;
    default:
  }
}

function countEnd(instruments: Instruments, { lane, type, cause, wallMs, memoryPeakBytes, leaks, next }: Extract<RuntimeEvent, { kind: "attempt.ended" }>): void {
  instruments.attempts.inc({ lane, type, outcome: outcomeOf(cause) });
  instruments.attemptDuration.observe({ lane, type }, wallMs / 1000);
  instruments.attemptPeakMemory.observe({ lane, type }, memoryPeakBytes);
  if (familyOf(cause) === "death") instruments.deaths.inc({ lane, cause });
  if (next === "quarantine") instruments.quarantined.inc({ lane, type });
  const processes = leaks.filter(({ kind }) => kind === "process").length;
  if (processes > 0) instruments.leakedProcesses.inc({ lane }, processes);
}
