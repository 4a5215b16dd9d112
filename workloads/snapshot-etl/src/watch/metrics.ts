import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { Failure } from "../conduct/classify-end.ts";
import { ERROR_TYPES } from "../errors.ts";
import { GROUPS } from "../parse/read-profile.ts";
import type { ProcessOutcome } from "../process/outcome.ts";
import { LANES } from "../work-types.ts";

/** Read when somebody asks. */
export interface Gauges {
  readonly lanes: readonly { readonly lane: string; readonly depth: number; readonly oldestSeconds: number; readonly active: number }[];
  readonly quarantined: number;
  readonly deadLetters: number;
  readonly workerMemoryBytes: number;
}

export interface Metrics {
  received(source: string): void;
  processed(outcome: Extract<ProcessOutcome, { outcome: "success" | "partial" | "failed" }>): void;
  failed(failure: Failure): void;
  workerRestarted(reason: string): void;
  answered(endpoint: string, status: number, seconds: number): void;
  text(gauges: Gauges): Promise<string>;
  readonly contentType: string;
}

const DURATION_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];
const BATCH_ROWS = [1, 10, 25, 50, 100, 250, 500, 1000];
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.2, 0.5, 1, 5];
const ENTITIES = ["users", "guilds", ...GROUPS, "summary"];
const RESTART_REASONS = ["over-memory", "out-of-heap", "oom-killed", "over-time", "stalled", "blocked", "crashed", "killed", "exited", "lost", "other"];
/** Sources are free text: beyond this many different ones the rest is one. */
const SOURCES_MAX = 50;

/** The metrics of this workload. Label values that are known from the start begin at 0, so that the first of its kind is seen by increase(). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const received = new Counter({ name: "etl_snapshots_received_total", help: "Snapshots stored, by who sent them.", labelNames: ["source"], registers });
  const processed = new Counter({ name: "etl_snapshots_processed_total", help: "Snapshots that were taken through, by result.", labelNames: ["result"], registers });
  const failed = new Counter({ name: "etl_snapshots_failed_total", help: "Failed attempts, by type of error.", labelNames: ["error_type"], registers });
  const upserts = new Counter({ name: "etl_entity_upserts_total", help: "Rows put in or changed.", labelNames: ["entity"], registers });
  const duration = new Histogram({ name: "etl_processing_duration_seconds", help: "Time one snapshot took in its worker.", buckets: DURATION_SECONDS, registers });
  const batches = new Histogram({ name: "etl_batch_upsert_size", help: "Rows of one transaction.", buckets: BATCH_ROWS, registers });
  const inProgress = new Gauge({ name: "etl_jobs_in_progress", help: "Jobs that run.", labelNames: ["lane"], registers });
  const depth = new Gauge({ name: "etl_queue_depth", help: "Jobs that wait.", labelNames: ["lane"], registers });
  const oldest = new Gauge({ name: "etl_queue_oldest_seconds", help: "How long the oldest job has waited.", labelNames: ["lane"], registers });
  const quarantined = new Gauge({ name: "etl_quarantined", help: "Snapshots in quarantine.", registers });
  const deadLetters = new Gauge({ name: "etl_dead_letters", help: "Dead letters.", registers });
  const memory = new Gauge({ name: "etl_worker_memory_bytes", help: "Memory of all workers.", registers });
  const restarts = new Counter({ name: "etl_worker_restarts_total", help: "Workers that died, by the runtime's cause.", labelNames: ["reason"], registers });
  const last = new Gauge({ name: "etl_last_processed_timestamp", help: "When the last snapshot was through, seconds since 1970.", registers });
  const omitted = new Counter({ name: "etl_fields_omitted_total", help: "Values that were too large to keep.", registers });
  const requests = new Histogram({
    name: "etl_api_request_duration_seconds",
    help: "Time until the answer was ready.",
    labelNames: ["endpoint", "status"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  for (const result of ["success", "partial", "failed"]) processed.inc({ result }, 0);
  for (const error_type of ERROR_TYPES) failed.inc({ error_type }, 0);
  for (const entity of ENTITIES) upserts.inc({ entity }, 0);
  for (const reason of RESTART_REASONS) restarts.inc({ reason }, 0);
  for (const lane of Object.values(LANES)) for (const gauge of [inProgress, depth, oldest]) gauge.set({ lane }, 0);
  const sources = new Set<string>();

  return {
    contentType: registry.contentType,
    received(source) {
      if (sources.size < SOURCES_MAX) sources.add(source);
      received.inc({ source: sources.has(source) ? source : "other" });
    },
    processed(outcome) {
      processed.inc({ result: outcome.outcome });
      if (outcome.outcome === "failed") failed.inc({ error_type: "PARSE_ERROR" });
      for (const [entity, rows] of Object.entries(outcome.upserts)) upserts.inc({ entity }, rows);
      for (const [rows, times] of Object.entries(outcome.batches)) for (let time = 0; time < times; time += 1) batches.observe(Number(rows));
      omitted.inc(outcome.omitted);
      duration.observe(outcome.seconds);
      last.set(Date.now() / 1000);
    },
    failed: ({ type }) => failed.inc({ error_type: type }),
    workerRestarted: (reason) => restarts.inc({ reason: RESTART_REASONS.includes(reason) ? reason : "other" }),
    answered: (endpoint, status, seconds) => requests.observe({ endpoint, status: String(status) }, seconds),
    async text(gauges) {
      for (const lane of gauges.lanes) {
        inProgress.set({ lane: lane.lane }, lane.active);
        depth.set({ lane: lane.lane }, lane.depth);
        oldest.set({ lane: lane.lane }, lane.oldestSeconds);
      }
      quarantined.set(gauges.quarantined);
      deadLetters.set(gauges.deadLetters);
      memory.set(gauges.workerMemoryBytes);
      return await registry.metrics();
    },
  };
}
