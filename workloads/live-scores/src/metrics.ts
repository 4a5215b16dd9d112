import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { RESTART_REASONS, type RestartReason } from "./conduct/restart-rules.ts";
import type { ErrorType } from "./errors.ts";

/** Read when somebody asks. */
export interface Gauges {
  readonly pollers: readonly { readonly matchKey: string; readonly stalenessSeconds: number; readonly memoryBytes: number; readonly pids: number; readonly isRunning: boolean }[];
  readonly outboxDepth: number;
}

export interface Metrics {
  updated(matchKey: string, seconds: number): void;
  failed(matchKey: string, type: ErrorType): void;
  retried(operation: "renew_headers" | "tick" | "sink"): void;
  restarted(reason: RestartReason): void;
  /** A match that is polled begins at 0. */
  begin(matchKey: string): void;
  text(gauges: Gauges): Promise<string>;
  readonly contentType: string;
}

export const LATENCY_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ["match_id"];
  const updates = new Counter({ name: "scraper_updates_total", help: "Polls that were answered.", labelNames, registers });
  const errors = new Counter({ name: "scraper_errors_total", help: "Errors of pollers and of discovery.", labelNames: ["match_id", "error_type"], registers });
  const retries = new Counter({ name: "scraper_retry_attempts_total", help: "Second and further tries.", labelNames: ["operation"], registers });
  const restarts = new Counter({ name: "scraper_restarts_total", help: "Pollers that were begun anew.", labelNames: ["reason"], registers });
  const latency = new Histogram({ name: "scraper_update_latency_seconds", help: "From the question to the decoded answer.", buckets: LATENCY_SECONDS, registers });
  const staleness = new Gauge({ name: "data_staleness_seconds", help: "Since the last answered poll.", labelNames, registers });
  const memory = new Gauge({ name: "scraper_memory_bytes", help: "Memory of a poller's process tree.", labelNames, registers });
  const pids = new Gauge({ name: "scraper_pids", help: "Threads and processes of a poller's tree.", labelNames, registers });
  const active = new Gauge({ name: "active_scrapers_count", help: "Pollers that run.", registers });
  const outbox = new Gauge({ name: "scraper_outbox_depth", help: "Emissions that wait for the sink.", registers });
  for (const reason of RESTART_REASONS) restarts.inc({ reason }, 0);
  for (const operation of ["renew_headers", "tick", "sink"]) retries.inc({ operation }, 0);
  return {
    contentType: registry.contentType,
    begin: (match_id) => updates.inc({ match_id }, 0),
    updated(match_id, seconds) {
      updates.inc({ match_id });
      latency.observe(seconds);
    },
    failed: (match_id, error_type) => errors.inc({ match_id, error_type }),
    retried: (operation) => retries.inc({ operation }),
    restarted: (reason) => restarts.inc({ reason }),
    async text({ pollers, outboxDepth }) {
      for (const gauge of [staleness, memory, pids]) gauge.reset();
      for (const { matchKey: match_id, stalenessSeconds, memoryBytes, pids: tasks } of pollers) {
        staleness.set({ match_id }, stalenessSeconds);
        memory.set({ match_id }, memoryBytes);
        pids.set({ match_id }, tasks);
      }
      active.set(pollers.filter(({ isRunning }) => isRunning).length);
      outbox.set(outboxDepth);
      return await registry.metrics();
    },
  };
}
