import { configRows } from "../../config/index.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import { configOf, type JsonOption } from "./options.ts";

export async function config({ terminal }: CommandContext, options: JsonOption & { readonly showOrigin?: boolean }): Promise<number> {
  const rows = configRows(await configOf(terminal, { ...options }));
  if (options.json) writeJson(terminal, { settings: rows });
  else if (options.showOrigin)
    terminal.data(
      formatTable(
        ["setting", "value", "origin"],
        rows.map((row) => [row.key, row.value, row.origin]),
      ),
    );
  else
    terminal.data(
      formatTable(
        ["setting", "value"],
        rows.map((row) => [row.key, row.value]),
      ),
    );
  return 0;
}
