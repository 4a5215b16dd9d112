import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { GEOCODE_RESULTS } from "./geocode/geocoder.ts";
import type { ProgressNote } from "./crawl/progress-note.ts";
import type { SourceCounts } from "./runs/decide-end.ts";
import { RUN_STATUSES, RUN_TRIGGERS, isActive } from "./runs/run-status.ts";
import type { Ended } from "./runs/run-store.ts";
import { SOURCE_NAMES } from "./sources/item.ts";

/** Read when somebody asks. */
export interface Gauges {
  readonly activeRuns: number;
  /** Unix seconds; null when there was none. */
  readonly lastSuccessSeconds: number | null;
  readonly workerMemoryBytes: number;
  readonly memoryRatio: number;
}

export interface Metrics {
  /** `before`: what the run had counted when this attempt of it began. */
  runEnded(ended: Ended, before: readonly SourceCounts[]): void;
  geocoded(counts: ProgressNote["geocode"], before: ProgressNote["geocode"] | null): void;
  answered(route: string, seconds: number): void;
  text(gauges: Gauges): Promise<string>;
  readonly contentType: string;
}

const RUN_SECONDS = [1, 5, 15, 60, 300, 900, 1800, 3600];
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5];
const RESULTS = ["created", "updated", "unchanged", "failed", "skipped"] as const;

/** Every combination of labels begins at 0, so that the first of its kind is seen by increase(). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const runs = new Counter({ name: "market_crawl_runs_total", help: "Runs that have ended.", labelNames: ["trigger", "status"], registers });
  const items = new Counter({ name: "market_crawl_items_total", help: "Items, by source and what became of them.", labelNames: ["source", "result"], registers });
  const duration = new Histogram({ name: "market_crawl_run_duration_seconds", help: "Time from the start to the end of a run.", buckets: RUN_SECONDS, registers });
  const active = new Gauge({ name: "market_crawl_active_runs", help: "Runs that wait or run.", registers });
  const lastSuccess = new Gauge({ name: "market_crawl_last_success_timestamp", help: "When the last successful run ended, seconds since 1970; 0 for never.", registers });
  const memory = new Gauge({ name: "market_crawl_worker_memory_bytes", help: "Memory of the worker's process tree.", registers });
  const ratio = new Gauge({ name: "market_crawl_memory_ratio", help: "The worker's memory as a share of its limit; above 0.9 it is about to be ended.", registers });
  const requests = new Histogram({
    name: "market_crawl_api_request_duration_seconds",
    help: "Time until the answer was ready.",
    labelNames: ["route"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const geocode = new Counter({ name: "market_crawl_geocode_total", help: "Addresses that were looked up.", labelNames: ["result"], registers });
  for (const trigger of RUN_TRIGGERS) for (const status of RUN_STATUSES.filter((each) => !isActive(each))) runs.inc({ trigger, status }, 0);
  for (const source of SOURCE_NAMES) for (const result of RESULTS) items.inc({ source, result }, 0);
  for (const result of GEOCODE_RESULTS) geocode.inc({ result }, 0);
  return {
    contentType: registry.contentType,
    runEnded({ run, end, sources }, before) {
      runs.inc({ trigger: run.trigger, status: end.status });
      if (run.started_at !== null && run.finished_at !== null) duration.observe((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000);
      for (const counts of sources) {
        const earlier = before.find(({ source }) => source === counts.source);
        for (const result of RESULTS) items.inc({ source: counts.source, result }, Math.max(0, counts[result] - (earlier?.[result] ?? 0)));
      }
    },
    geocoded(counts, before) {
      for (const result of GEOCODE_RESULTS) geocode.inc({ result }, Math.max(0, counts[result] - (before?.[result] ?? 0)));
    },
    answered: (route, seconds) => requests.observe({ route }, seconds),
    async text(gauges) {
      active.set(gauges.activeRuns);
      lastSuccess.set(gauges.lastSuccessSeconds ?? 0);
      memory.set(gauges.workerMemoryBytes);
      ratio.set(gauges.memoryRatio);
      return await registry.metrics();
    },
  };
}
