import { formatDuration } from "../../model/index.ts";
import type { JobView } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import { filterQuery, type WrittenFilter } from "../filter.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

export interface JobPage {
  readonly items: readonly JobView[];
  readonly next_cursor: string | null;
  readonly count?: { readonly value: number; readonly capped: boolean };
}

export interface PageOptions extends ClientOptions, JsonOption {
  readonly limit?: string;
  readonly cursor?: string;
}

interface JobsOptions extends PageOptions, WrittenFilter {
  readonly state?: readonly string[];
  readonly count?: boolean;
}

export async function jobs({ terminal }: CommandContext, options: JobsOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const filter = filterQuery(options, terminal.nowMs());
  if (options.count) {
    const page = await client.get<JobPage>("/api/v1/jobs", { ...filter, limit: "1", count: "capped" });
    return printCount(terminal, page.count ?? { value: page.items.length, capped: false }, options);
  }
  const page = await client.get<JobPage>("/api/v1/jobs", { ...filter, limit: options.limit, cursor: options.cursor });
  return printJobs(terminal, page, options);
}

function printCount(terminal: Terminal, { value, capped }: { readonly value: number; readonly capped: boolean }, options: JsonOption): number {
  if (options.json) writeJson(terminal, { count: value, capped });
  else terminal.data(String(value));
  if (capped) terminal.note(`there may be more than ${value}: counting stops there`);
  return value === 0 ? EXIT.nothingMatched : EXIT.ok;
}

/** Prints a page of jobs; exit code 4 when it is empty. */
export function printJobs(terminal: Terminal, page: JobPage, options: JsonOption): number {
  if (options.json) writeJson(terminal, page);
  else if (page.items.length > 0) {
    const now = terminal.nowMs();
    const rows = page.items.map((job) => [job.id, job.state, job.type, job.lane, String(job.attempts), relative(job.created_at, now), ranFor(job, now), whatOf(job)]);
    terminal.data(formatTable(["id", "state", "type", "lane", "attempts", "added", "ran", "what"], rows));
  }
  if (page.items.length === 0) terminal.note("no job matches");
  else if (page.next_cursor !== null && !options.json) terminal.note(`  next: there are more: --cursor ${page.next_cursor}`);
  return page.items.length === 0 ? EXIT.nothingMatched : EXIT.ok;
}

function ranFor(job: JobView, nowMs: number): string {
  if (job.started_at === null) return "";
  return formatDuration(Math.max(0, (job.ended_at === null ? nowMs : Date.parse(job.ended_at)) - Date.parse(job.started_at)));
}

function whatOf(job: JobView): string {
  if (job.state === "running") return progressText(job);
  if (job.cause === null) return "";
  return job.cause === "succeeded" ? "" : `${job.cause}: ${job.summary ?? ""}`;
}

export function progressText({ progress }: Pick<JobView, "progress">): string {
  if (progress === null) return "";
  const done = progress.done === null ? "" : progress.total === null ? String(progress.done) : `${progress.done}/${progress.total}`;
  return [done, progress.note ?? ""].filter((part) => part !== "").join(" ");
}
