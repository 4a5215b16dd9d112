import { printable } from "./text.ts";

/** Columns aligned by spaces, no borders; the header in capitals. Cells are made printable. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header.map((name) => name.toUpperCase()), ...rows.map((row) => row.map((cell) => printable(cell) || "-"))];
  const widths = header.map((_, column) => Math.max(...lines.map((row) => (row[column] ?? "").length)));
  return lines
    .map((row) =>
      row
        .map((cell, column) => (column === header.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** "name  value" lines, aligned; rows without a value are left out. */
export function formatFields(fields: readonly (readonly [string, string | null])[]): string {
  const shown = fields.filter(([, value]) => value !== null && value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? "")}`).join("\n");
}
