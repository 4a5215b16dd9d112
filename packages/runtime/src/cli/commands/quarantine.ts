import type { Command } from "commander";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import { printJobs, type JobPage, type PageOptions } from "./jobs.ts";
import { refuseUnknownSubcommand, type JsonOption } from "./options.ts";

export async function listQuarantine({ terminal }: CommandContext, options: PageOptions, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  return printJobs(terminal, await client.get<JobPage>("/api/v1/quarantine", { limit: options.limit, cursor: options.cursor }), options);
}

export async function release({ terminal }: CommandContext, id: string, options: ClientOptions & JsonOption & { readonly lane?: string }): Promise<number> {
  const client = await openClient(terminal, options);
  await client.call(`/api/v1/quarantine/${encodeURIComponent(id)}/release`, { method: "POST", json: options.lane === undefined ? {} : { lane: options.lane } });
  if (options.json) writeJson(terminal, { job_id: id, outcome: "released" });
  else terminal.note(`released ${id}`);
  return 0;
}

export async function discard({ terminal }: CommandContext, id: string, options: ClientOptions & JsonOption): Promise<number> {
  const client = await openClient(terminal, options);
  await client.call(`/api/v1/quarantine/${encodeURIComponent(id)}/discard`, { method: "POST", json: {} });
  if (options.json) writeJson(terminal, { job_id: id, outcome: "discarded" });
  else terminal.note(`discarded ${id}`);
  return 0;
}
