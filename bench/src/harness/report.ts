import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineFacts, versionsOf } from "./machine.ts";
import { scale } from "./scale.ts";
import { round } from "./statistics.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What the product promises, and what was measured. A bar that is missed is written down as missed. */
export interface Bar {
  readonly bar: string;
  readonly required: string;
  /** null: it could not be measured here; `note` says why. */
  readonly measured: number | null;
  readonly met: boolean | null;
  readonly note?: string;
}

export function atMost(bar: string, limit: number, measured: number | null, note?: string): Bar {
  return toBar(bar, `<= ${limit}`, measured, measured === null ? null : measured <= limit, note);
}

export function atLeast(bar: string, limit: number, measured: number | null, note?: string): Bar {
  return toBar(bar, `>= ${limit}`, measured, measured === null ? null : measured >= limit, note);
}

function toBar(bar: string, required: string, measured: number | null, met: boolean | null, note: string | undefined): Bar {
  return { bar, required, measured: measured === null ? null : round(measured), met, ...(note === undefined ? {} : { note }) };
}

export interface Report {
  readonly name: string;
  /** Packages whose versions matter. */
  readonly packages: readonly string[];
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  readonly notes: readonly string[];
  /** Every figure of every round. */
  readonly raw: unknown;
}

const RESULTS = join(import.meta.dirname, "..", "..", "results");

/** Prints the report as Markdown and writes it as JSON; a smoke run is kept apart from the figures that count. */
export function publish(report: Report): void {
  const { name, packages, ...rest } = report;
  const document = { schema: 1, name, scale, measuredAt: new Date().toISOString(), machine: machineFacts(), versions: versionsOf(packages), ...rest };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, scale === "full" ? `${name}.json` : `${name}.smoke.local.json`), `${JSON.stringify(document, null, 2)}\n`);
  console.log(renderReport(document));
}

export interface ReportDocument extends Omit<Report, "packages"> {
  readonly scale: string;
  readonly machine: ReturnType<typeof machineFacts>;
  readonly versions: Readonly<Record<string, string>>;
}

export function renderReport({ name, scale: measuredAs, machine, versions, tables, bars, notes }: ReportDocument): string {
  const lines = [`## ${name}${measuredAs === "smoke" ? " (SMOKE RUN: too short to mean anything)" : ""}`, ""];
  lines.push(
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Node ${machine.node}; ${Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", ")}`,
    "",
  );
  for (const table of tables) lines.push(`### ${table.title}`, "", ...markdownTable(table.columns, table.rows), "");
  if (bars.length > 0) lines.push("### Bars", "", ...markdownTable(["bar", "required", "measured", ""], bars.map(barRow)), "");
  for (const note of notes) lines.push(`- ${note}`);
  return `${lines.join("\n").trimEnd()}\n`;
}

function barRow({ bar, required, measured, met, note }: Bar): readonly (string | number)[] {
  const verdict = met === null ? "not measured" : met ? "met" : "**MISSED**";
  return [bar, required, measured ?? "-", note === undefined ? verdict : `${verdict}; ${note}`];
}

/** With its columns lined up, as the repository's formatter wants it. */
function markdownTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const cells = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_column, index) => Math.max(3, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, index) => (index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const [head = [], ...body] = cells;
  return [line(head), line(rule), ...body.map(line)];
}

function cellText(cell: string | number): string {
  if (typeof cell === "string") return cell;
  return Math.abs(cell) >= 1000 ? Math.round(cell).toLocaleString("en-GB") : String(round(cell));
}

export function tableRow(title: string, cells: readonly (string | number)[]): readonly (string | number)[] {
  return [title, ...cells];
}

/** "12,300 (11,900..12,800)" */
export function spreadText({ median, min, max }: { readonly median: number; readonly min: number; readonly max: number }): string {
  return `${cellText(median)} (${cellText(min)}..${cellText(max)})`;
}
