import { workerDatabase, type JobPort } from "../process/run-job.ts";
import type { Settings } from "../settings.ts";
import { createArchiver } from "./archive-now.ts";

export async function runArchiveJob(job: JobPort, settings: Settings): Promise<{ readonly archived: number }> {
  const archive = createArchiver(await workerDatabase(settings), settings, { signal: job.signal });
  return { archived: await archive((path) => job.progress({ note: path })) };
}
