// Puts the measured tables into README.md, between its two marks.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderReport, type ReportDocument } from "../../src/harness/report.ts";

const NAMES = ["leaks", "leaks-cofferdam", "cancel", "pages", "threads"];
const ROOT = join(import.meta.dirname, "..");
const BEGIN = "<!-- results: written by npm run tables -->";
const END = "<!-- end of results -->";

const readme = join(ROOT, "README.md");
const text = readFileSync(readme, "utf8");
const from = text.indexOf(BEGIN);
const to = text.indexOf(END);
if (from < 0 || to < from) throw new Error("README.md has lost its marks");
const sections = NAMES.map((name) => join(ROOT, "results", `${name}.json`))
  .filter((file) => existsSync(file))
  .map((file) => renderReport(readReport(file)));
writeFileSync(readme, `${text.slice(0, from + BEGIN.length)}\n\n${sections.join("\n")}\n${text.slice(to)}`);

function readReport(file: string): ReportDocument {
  const report: ReportDocument = JSON.parse(readFileSync(file, "utf8"));
  return report;
}
