import { workerDatabase, type JobPort } from "../process/run-job.ts";
import type { Settings } from "../settings.ts";
import { ReadBackError } from "./archive.ts";
import { createArchiver } from "./archive-now.ts";

/** @throws ReadBackError after everything else was archived, naming what was not */
export async function runArchiveJob(job: JobPort, settings: Settings): Promise<{ readonly archived: number }> {
  const archive = createArchiver(await workerDatabase(settings), settings, { signal: job.signal });
  const { archived, kept } = await archive((path) => job.progress({ note: path }));
  if (kept.length > 0) throw new ReadBackError(`${kept.length} kept, ${archived} archived: ${kept[0]?.message ?? ""}`);
  return { archived };
}
