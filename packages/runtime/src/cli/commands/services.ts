import type { Command } from "commander";
import { formatBytes, formatDuration } from "../../model/index.ts";
import type { renderService } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatFields, formatTable } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import { refuseUnknownSubcommand, type JsonOption } from "./options.ts";

type ServiceJson = ReturnType<typeof renderService>;
type Options = ClientOptions & JsonOption;

export async function listServices({ terminal }: CommandContext, options: Options, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly ServiceJson[] }>("/api/v1/services");
  if (options.json) writeJson(terminal, { items });
  else if (items.length === 0) terminal.note("no service is defined");
  else
    terminal.data(
      formatTable(
        ["service", "state", "staleness", "up", "updates", "memory", "pids", "errors", "restarts", "last restart"],
        items.map((item) => rowOf(item, terminal.nowMs())),
      ),
    );
  return 0;
}

function rowOf(item: ServiceJson, nowMs: number): string[] {
  return [
    item.name,
    item.state === "waiting" ? `waiting, ${relative(item.next_start_at, nowMs)}` : item.state,
    item.staleness_seconds === null ? "" : `${formatDuration(item.staleness_seconds * 1000)} of ${formatDuration(item.freshness_seconds * 1000)}`,
    item.uptime_seconds === null ? "" : formatDuration(item.uptime_seconds * 1000),
    String(item.updates),
    item.memory_bytes === null ? "" : formatBytes(item.memory_bytes),
    item.pids === null ? "" : String(item.pids),
    String(item.errors_recent),
    `${item.restarts_recent} recent, ${item.restarts} in all`,
    item.last_restart === null ? "" : `${relative(item.last_restart.at, nowMs)}: ${item.last_restart.reason}`,
  ];
}

export async function showService({ terminal }: CommandContext, name: string, options: Options): Promise<number> {
  const client = await openClient(terminal, options);
  print(terminal, await client.get<ServiceJson>(pathOf(name)), options);
  return 0;
}

/** recycle, stop and start, by name. */
export function changeService(action: "recycle" | "stop" | "start"): (context: CommandContext, name: string, options: Options & { readonly reason?: string }) => Promise<number> {
  return async ({ terminal }, name, options) => {
    const client = await openClient(terminal, options);
    const json = action === "recycle" && options.reason !== undefined ? { reason: options.reason } : {};
    const { body } = await client.call(`${pathOf(name)}/${action}`, { method: "POST", json });
    print(terminal, body as ServiceJson, options);
    return 0;
  };
}

function print(terminal: Terminal, service: ServiceJson, options: JsonOption): void {
  if (options.json) return writeJson(terminal, { service });
  const { last_restart: restart, last_verdict: verdict, escalated } = service;
  terminal.data(
    formatFields([
      ["service", service.name],
      ["state", service.state],
      ["wish", `${service.wish}, by ${service.wished_by}`],
      ["job", service.job_id],
      ["attempt", service.attempt_id],
      ["pid", service.pid === null ? null : String(service.pid)],
      ["started", service.started_at],
      ["starts", service.next_start_at],
      ["updates", `${service.updates}, the last one ${relative(service.last_update_at, terminal.nowMs()) || "never"}`],
      ["note", service.note],
      ["memory", service.memory_bytes === null ? null : formatBytes(service.memory_bytes)],
      ["errors", `${service.errors_recent} recent, ${service.errors} in all${service.last_error === null ? "" : `; the last one: ${service.last_error.text}`}`],
      ["restarts", `${service.restarts_recent} recent, ${service.restarts} in all`],
      ["restarted", restart === null ? null : `${restart.at} (${restart.reason}): ${restart.text}`],
      ["verdict", verdict === null ? null : `${verdict.cause}: ${verdict.summary}`],
      ["should restart", service.reasons.map(({ text }) => text).join("; ")],
      ["escalated", escalated === null ? null : `${escalated.at}: ${escalated.text}`],
    ]),
  );
}

function pathOf(name: string): string {
  return `/api/v1/services/${encodeURIComponent(name)}`;
}
