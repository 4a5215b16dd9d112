import { CofferdamError } from "../../model/index.ts";
import { pause, systemClock } from "../../platform/index.ts";
import { openClient, type Client, type ClientOptions } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import { filterQuery, parseFilters } from "../filter.ts";
import { readInput } from "../input.ts";
import type { CommandContext } from "../program.ts";
import { counted, printable } from "../text.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

export interface ChangeOptions extends ClientOptions, JsonOption {
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
  if (one === null) return changeMany(terminal, { action: "retry" }, options);
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
  if (one === null && options.kill) throw new CofferdamError("invalid_option", "--kill needs a job id", { hint: "Many jobs can only be asked to end." });
  if (one === null) return changeMany(terminal, { action: "cancel", reason: options.reason }, options);
  const how = { mode: options.kill ? "kill" : "graceful", reason: options.reason };
  const client = await openClient(terminal, options);
  const { status, body } = await client.call(`/api/v1/jobs/${encodeURIComponent(one)}/cancel`, { method: "POST", json: how });
  return report(terminal, options, status === 202 ? "asked to end:" : "cancelled", body as Changed, one);
}

function report(terminal: Terminal, options: JsonOption, what: string, changed: Changed | null, id: string): number {
  if (options.json) writeJson(terminal, { job: changed ?? { id } });
  else terminal.note(`${what} ${changed?.id ?? id}`);
  return EXIT.ok;
}

export function oneOrMany(id: string | undefined, { filter, input }: ChangeOptions & { readonly input?: string }): string | null {
  if ((id === undefined) === (filter === undefined)) {
    throw new CofferdamError("invalid_option", id === undefined ? "neither a job id nor --filter is given" : "both a job id and --filter are given", {
      hint: "Name one job, or say which with --filter key=value.",
    });
  }
  if (id === undefined && input !== undefined) throw new CofferdamError("invalid_option", "--input needs a job id", { hint: "Many jobs cannot be given one input." });
  return id ?? null;
}

interface Operation {
  readonly id: string;
  readonly state: "running" | "done" | "stopped";
  readonly changed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly failures: readonly { readonly job_id: string; readonly detail: string }[];
}

const POLL_MS = 200;

/** What is to be done to all that match. */
export interface Wish {
  readonly action: "retry" | "cancel" | "release" | "discard";
  readonly reason?: string | undefined;
  readonly lane?: string | undefined;
  readonly canary?: number | undefined;
}

/** Nothing is changed before somebody has said --yes: without it only the count is shown. */
export async function changeMany(terminal: Terminal, wish: Wish, options: ChangeOptions): Promise<number> {
  const { action } = wish;
  const filter = filterQuery(parseFilters(options.filter ?? []), terminal.nowMs());
  const client = await openClient(terminal, options);
  const order = { ...wish, filter };
  const preview = await client.call("/api/v1/operations", { method: "POST", json: { ...order, dry_run: true } });
  const { matched } = preview.body as { readonly matched: number };
  if (matched === 0 || options.dryRun || !options.yes) return previewed(terminal, action, matched, options);
  const begun = await client.call("/api/v1/operations", { method: "POST", json: { ...order, dry_run: false } });
  return reportOperation(terminal, action, await ended(client, begun.body as Operation), options);
}

/** It goes on in the runtime also when nobody waits for it. */
async function ended(client: Client, begun: Operation): Promise<Operation> {
  let operation = begun;
  while (operation.state === "running") {
    await pause(systemClock, POLL_MS);
    operation = await client.get<Operation>(`/api/v1/operations/${operation.id}`);
  }
  return operation;
}

function reportOperation(terminal: Terminal, action: string, operation: Operation, options: JsonOption): number {
  if (options.json) writeJson(terminal, { action, dry_run: false, operation });
  else terminal.note(`${PAST[action] ?? action} ${counted(operation.changed, "job")}${operation.skipped === 0 ? "" : `, ${operation.skipped} were no longer in a state for it`}`);
  for (const failure of operation.failures) terminal.note(`failed: ${[failure.job_id, printable(failure.detail)].filter((part) => part !== "").join(": ")}`);
  return operation.failed === 0 && operation.state === "done" ? EXIT.ok : EXIT.unexpected;
}

const PAST: Readonly<Record<string, string>> = { retry: "retried", cancel: "cancelled", release: "released", discard: "discarded" };

function previewed(terminal: Terminal, action: string, matched: number, options: ChangeOptions): number {
  if (options.json) writeJson(terminal, { action, dry_run: true, matched });
  else terminal.data(`${counted(matched, "job")} would be ${PAST[action] ?? action}`);
  if (matched === 0) return EXIT.nothingMatched;
  if (options.dryRun) return EXIT.ok;
  terminal.note("  next: add --yes to do it.");
  return EXIT.usage;
}
