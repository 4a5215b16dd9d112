import * as z from "zod";
import { systemClock } from "../clock.ts";
import { workerDatabase, type JobPort } from "../process/run-job.ts";
import type { Settings } from "../settings.ts";
import { fetchOutcome, type FetchOutcome } from "./fetch-outcome.ts";
import { fetchProfile } from "./fetch-profile.ts";
import { createIngest } from "./ingest.ts";

export const fetchInput = z.object({ namecode: z.string().min(1).max(200), priority: z.enum(["interactive", "normal"]).default("interactive") });

/** Streams the upstream's answer into pieces; it runs as a job, so a hanging or endless upstream ends by its budget. */
export async function runFetchJob(input: z.output<typeof fetchInput>, job: JobPort, settings: Settings): Promise<FetchOutcome> {
  const database = await workerDatabase(settings);
  const ingest = createIngest({
    database,
    settings,
    clock: systemClock,
    node: process.env["SNAPSHOT_ETL_NODE"] ?? "none",
    queue: async () => ({ depth: 0, perSecond: 1 }),
    stored: async () => undefined,
  });
  const body = await fetchProfile(input.namecode, settings, job.signal);
  const { status, body: answer } = await ingest.accept({
    body: noting(body, job),
    about: () => ({ source: "upstream", namecode: input.namecode, priority: input.priority }),
    idempotencyKey: null,
    correlationId: job.id,
  });
  return fetchOutcome.parse({ status, snapshot_id: answer["snapshot_id"] });
}

async function* noting(body: AsyncIterable<Uint8Array>, job: JobPort): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    job.progress({ note: `${bytes} bytes fetched` });
    yield chunk;
  }
}
