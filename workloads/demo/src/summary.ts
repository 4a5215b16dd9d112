import { isRight, type Tally } from "./imports.ts";
import type { Survivor } from "./left-behind.ts";
import { heading, say } from "./say.ts";
import { evidenceOf, judge, type Voyage } from "./voyage.ts";

export interface Findings {
  readonly tallies: readonly Tally[];
  readonly voyages: readonly Voyage[];
  readonly survivors: readonly Survivor[];
  readonly seconds: number;
}

const EVIDENCE_COLUMNS = 110;

export function isAllRight({ tallies, voyages, survivors }: Findings): boolean {
  return tallies.length > 0 && tallies.every(isRight) && voyages.every((voyage) => judge(voyage) !== "wrong") && survivors.length === 0;
}

export function showTallies(tallies: readonly Tally[]): void {
  table([
    ["import", "tests", "passed", "failed", "skipped", "expected", ""],
    ...tallies.map((each) => [
      each.name,
      `${each.total}`,
      `${each.passed}`,
      `${each.failed}`,
      `${each.skipped}`,
      `${each.expected}`,
      isRight(each) ? "right" : `WRONG ${each.problem ?? ""}`,
    ]),
  ]);
}

export function showSummary(findings: Findings): void {
  const { tallies, voyages, survivors, seconds } = findings;
  heading("Imports");
  showTallies(tallies);
  heading("Shipwrecks");
  table([["ship", "expected", "verdict", "", "evidence"], ...voyages.map(rowOf)]);
  say();
  for (const voyage of voyages) if (voyage.kind === "not-shown") say(`NOT SHOWN HERE: ${voyage.ship.expected}: ${voyage.why}.`);
  showSurvivors(survivors);
  const right = voyages.filter((voyage) => judge(voyage) === "right").length;
  const shown = voyages.filter((voyage) => voyage.kind === "ended").length;
  say(`${right} of ${shown} verdicts right, ${tallies.filter(isRight).length} of ${tallies.length} imports right, in ${seconds.toFixed(1)} s.`);
}

export function showSurvivors(survivors: readonly Survivor[]): void {
  say(survivors.length === 0 ? "Left behind: nothing." : `LEFT BEHIND: ${survivors.map(({ pid, command }) => `${pid} ${command}`).join("; ")}`);
}

function rowOf(voyage: Voyage): readonly string[] {
  const { type, expected } = voyage.ship;
  const judged = judge(voyage);
  return [type, expected, voyage.kind === "ended" ? voyage.verdict.cause : "-", judged === "wrong" ? "WRONG" : judged, evidenceOf(voyage).slice(0, EVIDENCE_COLUMNS)];
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) say(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
