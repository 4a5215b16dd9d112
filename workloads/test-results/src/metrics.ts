import { isCause, CAUSES } from "cofferdam";
import { STEPS, type Step } from "./import/request.ts";

// The few metrics of this workload in Prometheus' text format. Everything starts at 0, so that the first death is seen by increase().

export interface ImportEnded {
  readonly state: "complete" | "partial" | "empty" | "skipped" | "failed" | "quarantined";
  readonly cause: string;
  readonly parsed: number;
  readonly written: number;
  readonly unmatchedJunit: number;
}

export interface Gauges {
  readonly activeImports: number;
  readonly queueDepth: number;
  readonly quarantined: number;
  readonly memoryPeakBytes: number;
  readonly nearMemoryLimit: boolean;
  readonly lastProcessed: readonly { readonly release: string; readonly build: number }[];
}

export interface WorkMetrics {
  importEnded(end: ImportEnded): void;
  stepTook(step: Step, seconds: number): void;
  pollEnded(status: "success" | "partial" | "failed"): void;
  text(gauges: Gauges): string;
}

const OWN_CAUSES = ["oversize", "malformed", "network", "not_junit", "no_input", "not_found", "unauthorized"] as const;
const BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 1200] as const;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

export function createMetrics(): WorkMetrics {
  const imports = new Map<string, number>();
  for (const state of ["complete", "empty", "skipped"]) imports.set(importKey(state, "none"), 0);
  imports.set(importKey("partial", "malformed"), 0);
  for (const state of ["failed", "quarantined"]) for (const cause of [...CAUSES.filter((each) => each !== "succeeded"), ...OWN_CAUSES]) imports.set(importKey(state, cause), 0);
  const rows = new Map([
    ["parsed", 0],
    ["written", 0],
  ]);
  const polls = new Map([
    ["success", 0],
    ["partial", 0],
    ["failed", 0],
  ]);
  const steps = new Map<Step, Histogram>(STEPS.map((step) => [step, { counts: BUCKETS.map(() => 0), sum: 0, count: 0 }]));
  let unmatched = 0;
  return {
    importEnded(end) {
      // A label value that nobody knows must not make a new series.
      const known = end.cause === "none" || isCause(end.cause) || OWN_CAUSES.some((each) => each === end.cause);
      add(imports, importKey(end.state, known ? end.cause : "failed"), 1);
      add(rows, "parsed", end.parsed);
      add(rows, "written", end.written);
      unmatched += end.unmatchedJunit;
    },
    stepTook(step, seconds) {
      const histogram = steps.get(step);
      if (histogram === undefined) return;
      histogram.sum += seconds;
      histogram.count += 1;
      BUCKETS.forEach((bound, index) => {
        if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
      });
    },
    pollEnded: (status) => add(polls, status, 1),
    text: (gauges) =>
      [
        ...family(
          "imports_total",
          "counter",
          "Imports by how they ended and why",
          [...imports].map(([labels, value]) => [labels, value]),
        ),
        ...family(
          "rows_total",
          "counter",
          "Results that were parsed and written",
          [...rows].map(([op, value]) => [`op="${op}"`, value]),
        ),
        ...histogramLines(steps),
        ...family("import_memory_peak_bytes", "gauge", "Highest memory of the imports that run now", [["", gauges.memoryPeakBytes]]),
        ...family("import_memory_near_limit", "gauge", "1 while an import uses 80 % of its memory limit or more", [["", Number(gauges.nearMemoryLimit)]]),
        ...family("active_imports", "gauge", "Imports that run now", [["", gauges.activeImports]]),
        ...family("queue_depth", "gauge", "Jobs that wait", [["", gauges.queueDepth]]),
        ...family("quarantined", "gauge", "Jobs in quarantine", [["", gauges.quarantined]]),
        ...family(
          "poll_total",
          "counter",
          "Polls by how they ended",
          [...polls].map(([status, value]) => [`status="${status}"`, value]),
        ),
        ...family(
          "last_processed_build",
          "gauge",
          "Last parent build that is done, by release",
          gauges.lastProcessed.map(({ release, build }) => [`release="${escapeLabel(release)}"`, build]),
        ),
        ...family("junit_unmatched_total", "counter", "Cases found in reports only", [["", unmatched]]),
        "",
      ].join("\n"),
  };
}

function importKey(state: string, cause: string): string {
  return `state="${state}",cause="${cause}"`;
}

function add(counts: Map<string, number>, key: string, value: number): void {
  counts.set(key, (counts.get(key) ?? 0) + value);
}

function family(name: string, type: "counter" | "gauge", help: string, samples: readonly (readonly [string, number])[]): string[] {
  return [
    `# HELP test_results_${name} ${help}`,
    `# TYPE test_results_${name} ${type}`,
    ...samples.map(([labels, value]) => `test_results_${name}${labels === "" ? "" : `{${labels}}`} ${value}`),
  ];
}

function histogramLines(steps: ReadonlyMap<Step, Histogram>): string[] {
  const name = "test_results_import_seconds";
  const lines = [`# HELP ${name} Time that imports spent in each step`, `# TYPE ${name} histogram`];
  for (const [step, { counts, sum, count }] of steps) {
    BUCKETS.forEach((bound, index) => lines.push(`${name}_bucket{step="${step}",le="${bound}"} ${counts[index]}`));
    lines.push(`${name}_bucket{step="${step}",le="+Inf"} ${count}`, `${name}_sum{step="${step}"} ${sum}`, `${name}_count{step="${step}"} ${count}`);
  }
  return lines;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
