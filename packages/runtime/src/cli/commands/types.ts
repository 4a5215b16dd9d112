import { formatBytes, formatDuration } from "../../model/index.ts";
import type { renderBroken, renderType } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import { printable } from "../text.ts";
import type { JsonOption } from "./options.ts";

interface TypesJson {
  readonly items: readonly ReturnType<typeof renderType>[];
  readonly broken?: readonly ReturnType<typeof renderBroken>[];
}

export async function types({ terminal }: CommandContext, options: ClientOptions & JsonOption): Promise<number> {
  const client = await openClient(terminal, options);
  const { items, broken = [] } = await client.get<TypesJson>("/api/v1/types");
  if (options.json) writeJson(terminal, { items, broken });
  else if (items.length > 0) terminal.data(formatTable(["type", "kind", "lane", "memory", "pids", "time", "stall", "attempts", "deaths", "description"], items.map(rowOf)));
  else terminal.note("no job type is loaded");
  for (const module of broken) terminal.note(`broken: ${printable(module.at ?? module.module)}: ${printable(module.message)}`);
  return 0;
}

function rowOf({ budget, ...item }: TypesJson["items"][number]): string[] {
  const duration = (seconds: number | null) => (seconds === null ? "" : formatDuration(seconds * 1000));
  return [
    item.type,
    item.kind,
    item.lane,
    budget.memory_bytes === null ? "" : formatBytes(budget.memory_bytes),
    budget.pids === null ? "" : String(budget.pids),
    duration(budget.time_seconds),
    duration(budget.stall_seconds),
    String(item.retry.attempts),
    String(item.retry.deaths),
    item.description,
  ];
}
