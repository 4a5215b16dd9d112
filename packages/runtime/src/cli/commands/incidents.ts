import { CofferdamError } from "../../model/index.ts";
import type { IncidentView } from "../../query/index.ts";
import { openClient, type Client, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import { printable, printableLines } from "../text.ts";
import type { JsonOption } from "./options.ts";

type Options = ClientOptions & JsonOption;

interface ListOptions extends Options {
  readonly state?: string;
  readonly type?: string;
  readonly cause?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

interface IncidentPage {
  readonly items: readonly IncidentView[];
  readonly next_cursor: string | null;
}

export async function listIncidents({ terminal }: CommandContext, options: ListOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const { state, type, cause, limit, cursor } = options;
  const page = await client.get<IncidentPage>("/api/v1/incidents", { state, type, cause, limit, cursor });
  if (options.json) {
    writeJson(terminal, { items: page.items, next_cursor: page.next_cursor });
    return 0;
  }
  if (page.items.length === 0) terminal.note("no incidents");
  else
    terminal.data(
      formatTable(
        ["id", "state", "count", "last seen", "lost", "title"],
        page.items.map((item) => [
          item.id,
          item.state,
          String(item.count),
          relative(item.last_seen_at, terminal.nowMs()),
          `${Math.round(item.lost_seconds)} s`,
          printable(item.title),
        ]),
      ),
    );
  if (page.next_cursor !== null) terminal.note(`there are more: --cursor ${page.next_cursor}`);
  return 0;
}

interface IncidentOptions extends Options {
  readonly md?: boolean;
  readonly ack?: boolean;
  readonly reopen?: boolean;
  /** A release, or true when none was named. */
  readonly resolve?: string | true;
  readonly note?: string;
  readonly validate?: readonly string[];
}

/** Shows the report; with --ack, --resolve, --reopen, --note or --validate changes the incident instead. */
export async function incident({ terminal }: CommandContext, id: string, options: IncidentOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
  const change = changeOf(options);
  if (change !== null) await client.call(path, { method: "PATCH", json: change });
  if (options.validate !== undefined) await client.call(`${path}/validations`, { method: "POST", json: { rules: options.validate } });
  if (change === null && options.validate === undefined) return showReport(terminal, client, path, options);
  const { incident: now } = await client.get<{ readonly incident: IncidentView }>(path);
  if (options.json) writeJson(terminal, { incident: now });
  else terminal.note(`${id} is ${now.state}${options.validate === undefined ? "" : `; ${options.validate.length} rules under watch`}`);
  return 0;
}

async function showReport(terminal: Terminal, client: Client, path: string, options: IncidentOptions): Promise<number> {
  if (options.json) {
    writeJson(terminal, { report: await client.get<object>(path) });
    return 0;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.stream(path, { accept: options.md === true ? "text/markdown" : "text/plain" })) chunks.push(chunk);
  terminal.data(printableLines(Buffer.concat(chunks).toString("utf8").trimEnd()));
  return 0;
}

function changeOf({ ack, resolve, reopen, note }: IncidentOptions): object | null {
  const wishes = [ack === true, resolve !== undefined, reopen === true].filter(Boolean).length;
  if (wishes > 1) throw new CofferdamError("invalid_option", "--ack, --resolve and --reopen exclude each other", { hint: "Choose one." });
  const text = note === undefined ? {} : { note };
  if (ack === true) return { state: "acknowledged", ...text };
  if (reopen === true) return { state: "open", ...text };
  if (resolve !== undefined) return { state: "resolved", resolved_in_release: resolve === true ? null : resolve, ...text };
  return note === undefined ? null : text;
}
