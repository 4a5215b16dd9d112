import { CofferdamError, formatBytes, parseCount } from "../../model/index.ts";
import type { renderLane, renderLedger } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { parseMoment, relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

type LaneJson = ReturnType<typeof renderLane>;
type Options = ClientOptions & JsonOption;

export async function lanes({ terminal }: CommandContext, lane: string | undefined, options: Options & { readonly concurrency?: string }): Promise<number> {
  if (lane === undefined && options.concurrency !== undefined)
    throw new CofferdamError("invalid_option", "--concurrency needs a lane", { hint: "For example: cofferdam lanes default --concurrency 4" });
  const concurrency = options.concurrency === undefined ? null : parseCount(options.concurrency, "--concurrency", 0);
  const client = await openClient(terminal, options);
  if (lane !== undefined && concurrency !== null) {
    const { body } = await client.call(`/api/v1/lanes/${encodeURIComponent(lane)}`, { method: "PATCH", json: { concurrency } });
    return printLane(terminal, body as LaneJson, options);
  }
  if (lane !== undefined) return printLane(terminal, await client.get<LaneJson>(`/api/v1/lanes/${encodeURIComponent(lane)}`), options);
  const { items } = await client.get<{ readonly items: readonly LaneJson[] }>("/api/v1/lanes");
  const memory = await client.get<LedgerJson>("/api/v1/ledger");
  if (options.json) writeJson(terminal, { items, memory });
  else terminal.data(`${laneTable(items, terminal.nowMs())}\n${ledgerText(memory, terminal.nowMs())}`);
  return 0;
}

/** The short way to `lanes <lane> --concurrency <count>`. */
export async function scale(context: CommandContext, lane: string, count: string, options: Options): Promise<number> {
  return lanes(context, lane, { ...options, concurrency: count });
}

export async function ledger({ terminal }: CommandContext, options: Options): Promise<number> {
  const client = await openClient(terminal, options);
  const memory = await client.get<LedgerJson>("/api/v1/ledger");
  if (options.json) writeJson(terminal, { memory });
  else terminal.data(ledgerText(memory, terminal.nowMs()).trimStart() + ledgerTables(memory));
  return 0;
}

type LedgerJson = ReturnType<typeof renderLedger>;

function ledgerText(memory: LedgerJson, nowMs: number): string {
  const free = Math.max(0, memory.capacity_bytes - memory.reserved_bytes);
  const lines = [
    "",
    `memory    ${formatBytes(memory.reserved_bytes)} reserved of ${formatBytes(memory.capacity_bytes)}, ${formatBytes(free)} free; ${formatBytes(memory.used_bytes)} used`,
    `limit     ${formatBytes(memory.limit_bytes)} (${memory.limit_source}) less a margin of ${formatBytes(memory.margin_bytes)}; ${formatBytes(memory.available_bytes)} available now`,
    ...(memory.pressure.level === "none" ? [] : [`pressure  ${memory.pressure.level}: ${memory.pressure.reason}${memory.gate === "closed" ? "; nothing more is started" : ""}`]),
    ...memory.blocked.map(
      (head) =>
        `waiting   ${head.type} in ${head.lane} needs ${formatBytes(head.need_bytes)} since ${relative(head.since, nowMs)}, passed by ${head.bypassed}${memory.kept_for?.job_id === head.job_id ? "; room is kept for it" : ""}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function ledgerTables(memory: LedgerJson): string {
  const reserved = memory.reservations.map((each) => [each.lane, each.type, String(each.slots), formatBytes(each.bytes)]);
  const fits = memory.fits.map((each) => [each.lane, each.type, formatBytes(each.need_bytes), each.slots === null ? "any" : String(each.slots)]);
  const tables = [
    reserved.length === 0 ? "" : formatTable(["lane", "type", "running", "reserved"], reserved),
    fits.length === 0 ? "" : formatTable(["lane", "type", "needs", "would fit"], fits),
  ];
  return tables.map((table) => (table === "" ? "" : `\n${table}\n`)).join("");
}

interface PauseOptions extends Options {
  readonly intake?: boolean;
  readonly reason?: string;
  readonly until?: string;
}

export async function pause({ terminal }: CommandContext, lane: string, options: PauseOptions): Promise<number> {
  const until = options.until === undefined ? undefined : new Date(parseMoment(options.until, "--until", terminal.nowMs(), "future")).toISOString();
  const client = await openClient(terminal, options);
  const json = { what: options.intake ? "intake" : "dispatch", reason: options.reason, until };
  const { body } = await client.call(`/api/v1/lanes/${encodeURIComponent(lane)}/pause`, { method: "POST", json });
  return printLane(terminal, body as LaneJson, options);
}

export async function resume({ terminal }: CommandContext, lane: string, options: Options & { readonly intake?: boolean; readonly ramp?: boolean }): Promise<number> {
  const client = await openClient(terminal, options);
  const { body } = await client.call(`/api/v1/lanes/${encodeURIComponent(lane)}/resume`, {
    method: "POST",
    json: { what: options.intake ? "intake" : "dispatch", ramp: options.ramp === true },
  });
  return printLane(terminal, body as LaneJson, options);
}

function printLane(terminal: Terminal, lane: LaneJson, options: JsonOption): number {
  if (options.json) writeJson(terminal, { lane });
  else terminal.data(laneTable([lane], terminal.nowMs()));
  return 0;
}

function laneTable(items: readonly LaneJson[], nowMs: number): string {
  const rows = items.map((lane) => [
    lane.name,
    `${lane.running}/${lane.concurrency}`,
    lane.memory_bytes === null ? "" : formatBytes(lane.memory_bytes),
    String(lane.ready),
    relative(lane.oldest_ready_at, nowMs),
    lane.held === null || lane.dispatch_paused !== null ? pauseText(lane.dispatch_paused, nowMs) : heldText(lane.held, nowMs),
    pauseText(lane.intake_paused, nowMs),
  ]);
  return formatTable(["lane", "running", "memory", "ready", "oldest", "dispatch", "intake"], rows);
}

function heldText({ state, allowed, full, reason, until }: NonNullable<LaneJson["held"]>, nowMs: number): string {
  return state === "tripped" ? `tripped, again ${relative(until, nowMs)}: ${reason}` : `ramping, ${allowed} of ${full}: ${reason}`;
}

function pauseText(paused: LaneJson["dispatch_paused"], nowMs: number): string {
  if (paused === null) return "open";
  return `paused${paused.until === null ? "" : `, resumes ${relative(paused.until, nowMs)}`}${paused.reason === "" ? "" : `: ${paused.reason}`}`;
}
