import type { AttemptView, JobView } from "../../query/index.ts";
import { openClient, type Client, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatFields } from "../table.ts";
import { writeJson } from "../terminal.ts";
import { attemptText } from "../verdict-text.ts";
import { printable } from "../text.ts";
import { progressText } from "./jobs.ts";
import type { JsonOption } from "./options.ts";

interface ShowOptions extends ClientOptions, JsonOption {
  readonly input?: boolean;
  readonly result?: boolean;
  readonly checkpoint?: boolean;
}

const DOCUMENTS = ["input", "result", "checkpoint"] as const;

export async function showJob({ terminal }: CommandContext, id: string, options: ShowOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const path = `/api/v1/jobs/${encodeURIComponent(id)}`;
  const wanted = DOCUMENTS.filter((name) => options[name]);
  const job = await client.get<JobView & Readonly<Record<string, unknown>>>(path, wanted.length === 0 ? {} : { include: wanted.join(",") });
  const attempts = await allAttempts(client, path);
  if (options.json) writeJson(terminal, { job, attempts });
  else
    terminal.data(
      [
        jobText(job, terminal.nowMs()),
        ...wanted.map((name) => `${name}  ${printable(JSON.stringify(job[name] ?? null))}`),
        ...attempts.map((attempt) => `\n${attemptText(attempt)}`),
      ].join("\n"),
    );
  return 0;
}

export async function allAttempts(client: Client, path: string): Promise<readonly AttemptView[]> {
  return (await client.get<{ readonly items: readonly AttemptView[] }>(`${path}/attempts`)).items;
}

function jobText(job: JobView, nowMs: number): string {
  return formatFields([
    ["id", job.id],
    ["type", job.type],
    ["lane", job.lane],
    ["state", job.state],
    ["cause", job.cause === null ? null : `${job.cause}: ${job.summary ?? ""}`],
    ["quarantine", job.quarantine?.reason ?? null],
    ["cancel", job.cancel_requested === null ? null : `asked by ${job.cancel_requested.by}: ${job.cancel_requested.reason}`],
    ["added", `${job.created_at} (${relative(job.created_at, nowMs)})`],
    ["runs at", Date.parse(job.run_at) > nowMs ? `${job.run_at} (${relative(job.run_at, nowMs)})` : null],
    ["started", job.started_at],
    ["ended", job.ended_at],
    ["attempts", `${job.attempts} (${job.errors} errors, ${job.deaths} deaths)`],
    ["progress", progressText(job)],
    ["priority", job.priority === 0 ? null : String(job.priority)],
    ["unique key", job.unique_key],
    ["tags", job.tags.join(", ")],
    ["schedule", job.schedule_slot],
    ["retry of", job.retry_of],
  ]);
}
