import { CofferdamError, parseCount } from "../../model/index.ts";
import type { JobView } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";

interface LogsOptions extends ClientOptions {
  readonly attempt?: string;
  readonly follow?: boolean;
}

export async function logs({ terminal }: CommandContext, id: string, options: LogsOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const path = `/api/v1/jobs/${encodeURIComponent(id)}`;
  const attempt = options.attempt === undefined ? lastAttempt(await client.get<JobView>(path)) : parseCount(options.attempt, "--attempt");
  for await (const chunk of client.stream(`${path}/attempts/${attempt}/logs`, { accept: "text/plain", query: { follow: options.follow ? "true" : undefined } }))
    terminal.bytes(chunk);
  return 0;
}

function lastAttempt(job: JobView): number {
  if (job.attempts > 0) return job.attempts;
  throw new CofferdamError("attempt_not_found", `${job.id} has not run yet (${job.state})`, { hint: `See \`cofferdam why ${job.id}\`.` });
}
