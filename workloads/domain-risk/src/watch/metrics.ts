import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { Finding } from "../analyse/inputs.ts";
import { CATEGORIES, type Category } from "../lists/categories.ts";
import { LANES, type Running } from "../queue/lanes.ts";
import { isSkipped, type DomainRecord } from "../record.ts";
import type { AttemptEnd } from "../run/attempts.ts";

/** Read when somebody asks. */
export interface Gauges {
  readonly browsers: number;
  readonly contexts: number;
  readonly waiting: Running;
}

export interface Metrics {
  recorded(record: DomainRecord, category: Category): void;
  ended(end: AttemptEnd, finding: Finding): void;
  saved(): void;
  text(gauges: Gauges): Promise<string>;
  readonly contentType: string;
}

const RESULTS = ["accessible", "failed", "skipped"] as const;
const METHODS = ["http", "browser", "none"] as const;
const KILL_REASONS = ["cut", "died", "worker-killed"] as const;
const FETCH_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 25];

/** The metrics of this workload. Every label value is there from the start, so that the first of its kind is seen by increase(). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const domains = new Counter({
    name: "domain_risk_domains_total",
    help: "Domains analysed, by category, result and method.",
    labelNames: ["category", "result", "method"],
    registers,
  });
  const seconds = new Histogram({
    name: "domain_risk_fetch_seconds",
    help: "Wall time of one domain, by the last method that was tried.",
    labelNames: ["method"],
    buckets: FETCH_SECONDS,
    registers,
  });
  const exceeded = new Counter({ name: "domain_risk_budget_exceeded_total", help: "Domains whose budget of wall time ended.", registers });
  const skipped = new Counter({ name: "domain_risk_skipped_total", help: "Domains that were not asked, by reason.", labelNames: ["reason"], registers });
  const launches = new Counter({ name: "domain_risk_browser_launches_total", help: "Browsers started.", registers });
  const kills = new Counter({ name: "domain_risk_browser_kills_total", help: "Browsers that did not end in an orderly way, by reason.", labelNames: ["reason"], registers });
  const browsers = new Gauge({ name: "domain_risk_browsers", help: "Browsers that are open.", registers });
  const contexts = new Gauge({ name: "domain_risk_contexts", help: "Browser contexts that are open.", registers });
  const depth = new Gauge({ name: "domain_risk_lane_depth", help: "Domains that wait, by lane.", labelNames: ["lane"], registers });
  const saves = new Counter({ name: "domain_risk_cache_saves_total", help: "Times that the cache was written.", registers });
  for (const { name } of CATEGORIES) for (const result of RESULTS) for (const method of METHODS) domains.inc({ category: name, result, method }, 0);
  for (const method of ["http", "browser"]) seconds.zero({ method });
  for (const reason of KILL_REASONS) kills.inc({ reason }, 0);
  skipped.inc({ reason: "bot-protection" }, 0);

  return {
    contentType: registry.contentType,
    saved: () => saves.inc(),
    recorded(record, { name }) {
      const result = record.accessible ? "accessible" : isSkipped(record) ? "skipped" : "failed";
      domains.inc({ category: name, result, method: record.method ?? "none" });
      if (result === "skipped") skipped.inc({ reason: "bot-protection" });
    },
    ended(end, finding) {
      seconds.observe({ method: finding.method ?? (finding.fallback_reason === undefined ? "http" : "browser") }, finding.response_time_seconds);
      if (finding.budget_exceeded) exceeded.inc();
      if (end.kind === "cancelled" || end.note === null) return;
      const { launches: started, killed, died, browsers: left } = end.note;
      launches.inc(started);
      kills.inc({ reason: "cut" }, killed);
      kills.inc({ reason: "died" }, died);
      if (end.kind === "died") kills.inc({ reason: "worker-killed" }, left);
    },
    async text(gauges) {
      browsers.set(gauges.browsers);
      contexts.set(gauges.contexts);
      for (const lane of LANES) depth.set({ lane }, gauges.waiting[lane]);
      return await registry.metrics();
    },
  };
}
