import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { JobEnd, JobRunner } from "../src/conduct/job-runner.ts";
import { messageOf, WorkError } from "../src/errors.ts";
import { importRequest } from "../src/import/request.ts";
import type { Settings } from "../src/settings.ts";
import { discover, download, measure, pollBuilds } from "../src/work/asking-bodies.ts";
import type { WorkContext } from "../src/work/context.ts";
import { runImport } from "../src/work/import-body.ts";
import { discoverInput, downloadInput, measureInput, pollInput } from "../src/work/inputs.ts";
import { JOB_TYPES, type JobTypeName } from "../src/work/types.ts";

/** Runs the bodies right here, without processes: for tests of what the conductor decides. The real runtime has tests of its own. */
export function createInProcessRunner(settings: Settings, directory: string): JobRunner & { readonly ran: string[] } {
  const ran: string[] = [];
  async function body(type: JobTypeName, input: object, context: WorkContext): Promise<unknown> {
    switch (type) {
      case JOB_TYPES.poll:
        return await pollBuilds(pollInput.parse(input), context, settings);
      case JOB_TYPES.discover:
        return await discover(discoverInput.parse(input), context, settings);
      case JOB_TYPES.download:
        return await download(downloadInput.parse(input), context, settings);
      case JOB_TYPES.measure:
        return await measure(measureInput.parse(input), context, settings);
      default:
        return await runImport(importRequest.parse(input), context, settings);
    }
  }
  return {
    ran,
    async run(type, input, { key }): Promise<JobEnd> {
      ran.push(`${type} ${key}`);
      const scratch = await mkdtemp(join(directory, "scratch-"));
      const context: WorkContext = { signal: new AbortController().signal, scratch, progress: () => undefined, checkpoint: async () => undefined };
      try {
        return { kind: "succeeded", result: JSON.parse(JSON.stringify(await body(type, input, context))) };
      } catch (error) {
        return { kind: "failed", cause: error instanceof WorkError ? error.code : "failed", summary: messageOf(error) };
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}
