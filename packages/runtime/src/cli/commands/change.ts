import { CofferdamError } from "../../model/index.ts";
import { openClient, type Client, type ClientOptions } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import { filterQuery, parseFilters } from "../filter.ts";
import { readInput } from "../input.ts";
import type { CommandContext } from "../program.ts";
import { counted } from "../text.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

interface ChangeOptions extends ClientOptions, JsonOption {
  readonly filter?: readonly string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface Changed {
  readonly id?: string;
  readonly state?: string;
}

export async function retry({ terminal }: CommandContext, id: string | undefined, options: ChangeOptions & { readonly input?: string }): Promise<number> {
  const one = oneOrMany(id, options);
  if (one === null) return changeMany(terminal, "retry", options, {});
  const jsonText = options.input === undefined ? "{}" : `{"input":${await readInput(terminal, options.input)}}`;
  const client = await openClient(terminal, options);
  const { body } = await client.call(`/api/v1/jobs/${encodeURIComponent(one)}/retry`, { method: "POST", jsonText });
  return report(terminal, options, "retried", body as Changed, one);
}

interface CancelOptions extends ChangeOptions {
  readonly kill?: boolean;
  readonly reason?: string;
}

export async function cancel({ terminal }: CommandContext, id: string | undefined, options: CancelOptions): Promise<number> {
  const one = oneOrMany(id, options);
  const how = { mode: options.kill ? "kill" : "graceful", reason: options.reason };
  if (one === null) return changeMany(terminal, "cancel", options, how);
  const client = await openClient(terminal, options);
  const { status, body } = await client.call(`/api/v1/jobs/${encodeURIComponent(one)}/cancel`, { method: "POST", json: how });
  return report(terminal, options, status === 202 ? "asked to end:" : "cancelled", body as Changed, one);
}

function report(terminal: Terminal, options: JsonOption, what: string, changed: Changed | null, id: string): number {
  if (options.json) writeJson(terminal, { job: changed ?? { id } });
  else terminal.note(`${what} ${changed?.id ?? id}`);
  return EXIT.ok;
}

function oneOrMany(id: string | undefined, { filter, input }: ChangeOptions & { readonly input?: string }): string | null {
  if ((id === undefined) === (filter === undefined)) {
    throw new CofferdamError("invalid_option", id === undefined ? "neither a job id nor --filter is given" : "both a job id and --filter are given", {
      hint: "Name one job, or say which with --filter key=value.",
    });
  }
  if (id === undefined && input !== undefined) throw new CofferdamError("invalid_option", "--input needs a job id", { hint: "Many jobs cannot be given one input." });
  return id ?? null;
}

interface Operation {
  readonly id?: string;
  readonly matched?: number;
  readonly count?: number;
}

/** Nothing is changed before somebody has said --yes: without it the count is shown. */
async function changeMany(terminal: Terminal, action: "retry" | "cancel", options: ChangeOptions, how: object): Promise<number> {
  const filter = filterQuery(parseFilters(options.filter ?? []), terminal.nowMs());
  const client = await openClient(terminal, options);
  const count = await countMatching(client, action, filter, how);
  if (count === 0 || options.dryRun || !options.yes) return previewed(terminal, action, count, options);
  const { body, headers } = await client.call("/api/v1/operations", { method: "POST", json: { action, filter, dry_run: false, ...how } });
  const operation = body as Operation;
  if (options.json) writeJson(terminal, { action, matched: count, dry_run: false, operation: operation.id ?? null });
  else terminal.note(`${action}: ${counted(count, "job")}; it goes on in the runtime${headers.get("location") === null ? "" : ` (${headers.get("location")})`}`);
  return EXIT.ok;
}

async function countMatching(client: Client, action: string, filter: object, how: object): Promise<number> {
  const { body } = await client.call("/api/v1/operations", { method: "POST", json: { action, filter, dry_run: true, ...how } });
  const operation = body as Operation;
  return operation.matched ?? operation.count ?? 0;
}

function previewed(terminal: Terminal, action: string, count: number, options: ChangeOptions & JsonOption): number {
  if (options.json) writeJson(terminal, { action, matched: count, dry_run: true, operation: null });
  else terminal.data(`${counted(count, "job")} would be ${action === "retry" ? "retried" : "cancelled"}`);
  if (count === 0) return EXIT.nothingMatched;
  if (options.dryRun) return EXIT.ok;
  terminal.note("  next: add --yes to do it.");
  return EXIT.usage;
}
