import type { JobView } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import { printable } from "../text.ts";
import type { JsonOption } from "./options.ts";

interface Reasons {
  readonly items: readonly { readonly code: string; readonly text: string; readonly until: string | null }[];
}

export async function why({ terminal }: CommandContext, id: string, options: ClientOptions & JsonOption): Promise<number> {
  const client = await openClient(terminal, options);
  const path = `/api/v1/jobs/${encodeURIComponent(id)}`;
  const { items } = await client.get<Reasons>(`${path}/why`);
  if (options.json) writeJson(terminal, { job_id: id, reasons: items });
  else if (items.length > 0)
    terminal.data(
      items.map((item) => `${item.code}: ${printable(item.text)}${item.until === null ? "" : ` (until ${item.until}, ${relative(item.until, terminal.nowMs())})`}`).join("\n"),
    );
  else terminal.data(stateText(await client.get<JobView>(path)));
  return 0;
}

function stateText(job: JobView): string {
  if (job.state === "running") return `it is running since ${job.started_at ?? "now"}`;
  return `it has ended: ${job.state}${job.summary === null ? "" : `: ${printable(job.summary)}`}`;
}
