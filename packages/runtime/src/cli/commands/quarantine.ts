import type { Command } from "commander";
import { CofferdamError, parseCount } from "../../model/index.ts";
import { openClient } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import { printJobs, type JobPage, type PageOptions } from "./jobs.ts";
import { changeMany, oneOrMany, type ChangeOptions } from "./change.ts";
import { refuseUnknownSubcommand } from "./options.ts";

export async function listQuarantine({ terminal }: CommandContext, options: PageOptions, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  return printJobs(terminal, await client.get<JobPage>("/api/v1/quarantine", { limit: options.limit, cursor: options.cursor }), options);
}

interface ReleaseOptions extends ChangeOptions {
  readonly lane?: string;
  readonly canary?: string;
}

export async function release({ terminal }: CommandContext, id: string | undefined, options: ReleaseOptions): Promise<number> {
  const one = oneOrMany(id, options);
  const canary = options.canary === undefined ? undefined : parseCount(options.canary, "--canary");
  if (one === null) return changeMany(terminal, { action: "release", lane: options.lane, canary }, options);
  if (canary !== undefined) throw new CofferdamError("invalid_option", "--canary needs --filter", { hint: "One job needs nobody to go first." });
  const client = await openClient(terminal, options);
  await client.call(`/api/v1/quarantine/${encodeURIComponent(one)}/release`, { method: "POST", json: options.lane === undefined ? {} : { lane: options.lane } });
  if (options.json) writeJson(terminal, { job_id: one, outcome: "released" });
  else terminal.note(`released ${one}`);
  return 0;
}

export async function discard({ terminal }: CommandContext, id: string | undefined, options: ChangeOptions): Promise<number> {
  const one = oneOrMany(id, options);
  if (one === null) return changeMany(terminal, { action: "discard" }, options);
  const client = await openClient(terminal, options);
  await client.call(`/api/v1/quarantine/${encodeURIComponent(one)}/discard`, { method: "POST", json: {} });
  if (options.json) writeJson(terminal, { job_id: one, outcome: "discarded" });
  else terminal.note(`discarded ${one}`);
  return 0;
}
