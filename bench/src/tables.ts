// Puts the measured tables into README.md, between its two marks.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderReport, type ReportDocument } from "./harness/report.ts";

export const BENCHMARKS = [
  "enqueue",
  "drain",
  "fresh-process",
  "latency",
  "end-tree",
  "governor",
  "memory",
  "http",
  "readers-xml",
  "readers-json",
  "readers-end-to-end",
  "snapshots",
  "crawl-health",
] as const;

/** Take 20 minutes and more each; not part of `bench:all`. */
export const SOAKS = ["live-scores", "domain-risk"] as const;

const ROOT = join(import.meta.dirname, "..");
const BEGIN = "<!-- results: written by npm run tables -->";
const END = "<!-- end of results -->";

export function writeTables(): void {
  const readme = join(ROOT, "README.md");
  const text = readFileSync(readme, "utf8");
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error("README.md has lost its marks");
  // What has not been measured on a quiet machine yet has no section.
  const measured = [...BENCHMARKS, ...SOAKS].filter((name) => existsSync(fileOf(name, "json")) || existsSync(fileOf(name, "smoke.local.json")));
  const sections = measured.map((name) => readReport(name)).map((report) => renderReport(report));
  writeFileSync(readme, `${text.slice(0, from + BEGIN.length)}\n\n${sections.join("\n")}\n${text.slice(to)}`);
}

/** The full run where there is one; a smoke run is marked in its title. */
function readReport(name: string): ReportDocument {
  const full = fileOf(name, "json");
  const report: ReportDocument = JSON.parse(readFileSync(existsSync(full) ? full : fileOf(name, "smoke.local.json"), "utf8"));
  return report;
}

function fileOf(name: string, ending: string): string {
  return join(ROOT, "results", `${name}.${ending}`);
}

if (import.meta.main) writeTables();
