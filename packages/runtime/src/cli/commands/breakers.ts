import type { Command } from "commander";
import type { renderBreaker } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import { refuseUnknownSubcommand, type JsonOption } from "./options.ts";

type BreakerJson = ReturnType<typeof renderBreaker>;
type Options = ClientOptions & JsonOption;

interface ListOptions extends Options {
  readonly state?: string;
  readonly prefix?: string;
}

export async function listBreakers({ terminal }: CommandContext, options: ListOptions, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  const query = { limit: "1000", ...(options.state === undefined ? {} : { state: options.state }), ...(options.prefix === undefined ? {} : { prefix: options.prefix }) };
  const { items, next_cursor } = await client.get<{ readonly items: readonly BreakerJson[]; readonly next_cursor: string | null }>("/api/v1/breakers", query);
  if (options.json) writeJson(terminal, { items, next_cursor });
  else if (items.length > 0)
    terminal.data(
      formatTable(
        ["key", "state", "until", "trips", "failures", "changed", "evidence"],
        items.map((item) => rowOf(item, terminal.nowMs())),
      ),
    );
  else terminal.note("every breaker is closed");
  if (next_cursor !== null && !options.json) terminal.note("there are more: narrow the list with --state or --prefix");
  return 0;
}

function rowOf(item: BreakerJson, nowMs: number): string[] {
  const until = item.state === "open" ? relative(item.open_until, nowMs) : "";
  return [item.key, item.state, until, String(item.trips), String(item.failures), relative(item.updated_at, nowMs), item.evidence ?? ""];
}

export async function resetBreaker({ terminal }: CommandContext, key: string, options: Options): Promise<number> {
  const client = await openClient(terminal, options);
  await client.call(`/api/v1/breakers/${encodeURIComponent(key)}/reset`, { method: "POST", json: {} });
  if (options.json) writeJson(terminal, { key, outcome: "reset" });
  else terminal.note(`reset ${key}`);
  return 0;
}
