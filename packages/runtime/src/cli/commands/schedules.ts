import type { Command } from "commander";
import type { renderSchedule } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { readInput } from "../input.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import { refuseUnknownSubcommand, type JsonOption } from "./options.ts";

type ScheduleJson = ReturnType<typeof renderSchedule>;
type Options = ClientOptions & JsonOption;

export async function listSchedules({ terminal }: CommandContext, options: Options, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly ScheduleJson[] }>("/api/v1/schedules");
  const now = terminal.nowMs();
  const rows = items.map((item) => [
    item.key,
    item.type,
    item.cron,
    item.time_zone,
    item.paused ? "paused" : relative(item.next_slot_at, now),
    relative(item.last_slot_at, now),
    String(item.missed),
    item.overlap,
    item.origin,
  ]);
  if (options.json) writeJson(terminal, { items });
  else if (rows.length > 0) terminal.data(formatTable(["key", "type", "cron", "time zone", "next", "last", "missed", "overlap", "origin"], rows));
  else terminal.note("there is no schedule");
  return 0;
}

interface AddOptions extends Options {
  readonly type: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly input?: string;
  readonly lane?: string;
  readonly overlap: string;
  readonly catchUp: string;
}

export async function addSchedule({ terminal }: CommandContext, key: string, options: AddOptions): Promise<number> {
  const input = await readInput(terminal, options.input);
  const head = JSON.stringify({ type: options.type, cron: options.cron, time_zone: options.timeZone, lane: options.lane, overlap: options.overlap, catch_up: options.catchUp });
  const client = await openClient(terminal, options);
  const { status, body } = await client.call(pathOf(key), { method: "PUT", jsonText: `${head.slice(0, -1)},"input":${input}}` });
  const schedule = body as ScheduleJson;
  if (options.json) writeJson(terminal, { schedule });
  else terminal.note(`${status === 201 ? "added" : "changed"} ${key}: next ${schedule.next_slot_at ?? "never"}`);
  return 0;
}

/** run, pause, resume and remove, by name. */
export function changeSchedule(action: string): (context: CommandContext, key: string, options: Options) => Promise<number> {
  return async ({ terminal }, key, options) => {
    const client = await openClient(terminal, options);
    const { body } = await (action === "remove" ? client.call(pathOf(key), { method: "DELETE" }) : client.call(`${pathOf(key)}/${action}`, { method: "POST", json: {} }));
    const answer: object = typeof body === "object" && body !== null ? body : {};
    if (options.json) writeJson(terminal, action === "run" ? { job: answer } : { key, outcome: PAST[action] ?? action });
    else if (action === "run") terminal.data("id" in answer ? String(answer.id) : key);
    else terminal.note(`${PAST[action] ?? action} ${key}`);
    return 0;
  };
}

const PAST: Readonly<Record<string, string>> = { pause: "paused", resume: "resumed", remove: "removed" };

function pathOf(key: string): string {
  return `/api/v1/schedules/${encodeURIComponent(key)}`;
}
