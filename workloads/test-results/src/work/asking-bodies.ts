// Bodies of the job types that ask and fetch. They run in supervised worker processes; jobs/*.ts gives them their names and budgets.
import { planBuilds, type BuildPlan } from "../conduct/plan-builds.ts";
import { measureInput as measureFiles, type Measured } from "../import/measure.ts";
import { createJenkinsClient } from "../jenkins/client.ts";
import { discoverBuild, listBuilds, type Discovery } from "../jenkins/discover.ts";
import { downloadArtifacts, type Fetched } from "../jenkins/download.ts";
import type { Settings } from "../settings.ts";
import { noteOf, type WorkContext } from "./context.ts";
import type { DiscoverInput, DownloadInput, MeasureInput, PollInput } from "./inputs.ts";

export async function pollBuilds(input: PollInput, context: WorkContext, settings: Settings): Promise<BuildPlan> {
  const listed = await listBuilds(createJenkinsClient(settings, context.signal), input.jobUrl, input.limit);
  return planBuilds(listed, input.lastProcessed, input.limit);
}

export async function discover(input: DiscoverInput, context: WorkContext, settings: Settings): Promise<Discovery> {
  return await discoverBuild(createJenkinsClient(settings, context.signal), input, (done, total) => context.progress({ done, total, note: "modules" }));
}

export interface Downloaded extends Fetched, Measured {
  readonly seconds: number;
}

export async function download(input: DownloadInput, context: WorkContext, settings: Settings): Promise<Downloaded> {
  const startedMs = performance.now();
  const client = createJenkinsClient(settings, context.signal);
  const fetched = await downloadArtifacts(client, input, ({ file, bytes }) => context.progress({ done: bytes, note: noteOf({ step: "download", file, parsed: 0, written: 0 }) }));
  const size = await measure({ directory: fetched.directory, files: [] }, context, settings);
  return { ...fetched, ...size, seconds: (performance.now() - startedMs) / 1000 };
}

/** How large an input is: decides the lane before anything is parsed. */
export async function measure(input: MeasureInput, context: WorkContext, settings: Settings): Promise<Measured> {
  return await measureFiles(input.directory, { files: input.files, signal: context.signal, enoughBytes: settings.largeBytes, enoughCases: settings.largeCases });
}
