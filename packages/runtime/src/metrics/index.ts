// metrics: numbers for Prometheus.
// Owns: the names, labels and buckets of every metric. Never: decides, stores or speaks HTTP.
// In: RuntimeEvents, and reads at scrape time. Out: Prometheus or OpenMetrics text.
export { createMetrics, type Metrics, type MetricsDeps } from "./create-metrics.ts";
export { OUTCOMES, outcomeOf, type Outcome } from "./outcome.ts";
