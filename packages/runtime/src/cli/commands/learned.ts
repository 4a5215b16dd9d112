import { formatBytes } from "../../model/index.ts";
import type { renderBudgetAdvice, renderLeaks } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

type BudgetJson = ReturnType<typeof renderBudgetAdvice>;
type LeaksJson = ReturnType<typeof renderLeaks>;
type Options = ClientOptions & JsonOption;

export async function budgets({ terminal }: CommandContext, options: Options & { readonly classes?: boolean }): Promise<number> {
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly BudgetJson[] }>("/api/v1/budgets");
  if (options.json) writeJson(terminal, { items });
  else if (items.length === 0) terminal.note("no job type is loaded");
  else terminal.data(options.classes ? classTable(items) : budgetTable(items));
  return 0;
}

export async function leaks({ terminal }: CommandContext, options: Options): Promise<number> {
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly LeaksJson[] }>("/api/v1/leaks");
  if (options.json) writeJson(terminal, { items });
  else if (items.length === 0) terminal.note("no attempt has ended yet");
  else terminal.data(formatTable(["type", "attempts", "processes", "scratch", "handles", "heap per attempt"], items.map(leaksRow)));
  return 0;
}

function budgetTable(items: readonly BudgetJson[]): string {
  const rows = items.map((item) => [
    item.type,
    String(item.observations),
    size(item.p50_bytes),
    size(item.p95_bytes),
    size(item.max_bytes),
    String(item.memory_deaths),
    item.budget_bytes === null ? "none" : formatBytes(item.budget_bytes),
    size(item.suggested_bytes),
    item.advice,
    item.peak_bytes_per_input_byte === null ? "" : `${item.peak_bytes_per_input_byte.slope.toFixed(1)} ± ${item.peak_bytes_per_input_byte.error.toFixed(1)}`,
  ]);
  return formatTable(["type", "seen", "p50", "p95", "max", "memory deaths", "budget", "suggested", "advice", "peak per input byte"], rows);
}

function classTable(items: readonly BudgetJson[]): string {
  const rows = items.flatMap(({ type, classes }) =>
    classes.map((each) => [
      type,
      each.input_bytes_max === null ? "more" : `up to ${formatBytes(each.input_bytes_max)}`,
      String(each.observations),
      size(each.p50_bytes),
      size(each.p95_bytes),
      size(each.max_bytes),
    ]),
  );
  return formatTable(["type", "input", "seen", "p50", "p95", "max"], rows);
}

function leaksRow({ type, attempts, processes, scratch_bytes: scratch, handles, heap }: LeaksJson): string[] {
  const growth = heap === null ? "" : `${heap.bytes_per_attempt} ± ${heap.error_bytes} B, ${heap.verdict}`;
  return [type, String(attempts), String(processes), formatBytes(scratch), String(handles), growth];
}

function size(bytes: number | null): string {
  return bytes === null ? "" : formatBytes(bytes);
}
