// The bodies of the job types. They run in supervised worker processes; jobs/*.ts gives them their names and budgets.
import * as z from "zod";
import { openDatabase } from "../database/database.ts";
import { planBuilds, type BuildPlan } from "../conduct/plan-builds.ts";
import { importJob } from "../import/import-job.ts";
import { measureInput as measureFiles, type Measured } from "../import/measure.ts";
import type { ImportOutcome, ImportRequest, Step } from "../import/request.ts";
import { createJenkinsClient } from "../jenkins/client.ts";
import { discoverBuild, listBuilds, type Discovery } from "../jenkins/discover.ts";
import { downloadArtifacts } from "../jenkins/download.ts";
import type { Settings } from "../settings.ts";

/** What a body is given besides its input: the part of the runtime's job context that it needs. */
export interface WorkContext {
  readonly signal: AbortSignal;
  readonly scratch: string;
  progress(progress: { readonly done?: number; readonly total?: number; readonly note?: string }): void;
  checkpoint(value: unknown): Promise<void>;
}

/** The note of every progress: small JSON, so that whoever watches can say which step and which file. */
export interface WorkNote {
  readonly step: Step;
  readonly file: string;
  readonly parsed: number;
  readonly written: number;
}

export const workNote = z.object({ step: z.enum(["download", "parse-order", "parse-junit", "merge", "write", "done"]), file: z.string(), parsed: z.number(), written: z.number() });

function noteOf(note: WorkNote): string {
  return JSON.stringify({ step: note.step, file: note.file.slice(-300), parsed: note.parsed, written: note.written });
}

export const pollInput = z.object({ jobUrl: z.url(), lastProcessed: z.array(z.number().int()), limit: z.number().int().positive() });
export type PollInput = z.infer<typeof pollInput>;

export async function pollBuilds(input: PollInput, context: WorkContext, settings: Settings): Promise<BuildPlan> {
  const listed = await listBuilds(createJenkinsClient(settings, context.signal), input.jobUrl, input.limit);
  return planBuilds(listed, input.lastProcessed, input.limit);
}

export const discoverInput = z.object({ jobUrl: z.url(), release: z.string().nullable(), keys: z.array(z.string()).nullable() });
export type DiscoverInput = z.infer<typeof discoverInput>;

export async function discover(input: DiscoverInput, context: WorkContext, settings: Settings): Promise<Discovery> {
  return await discoverBuild(createJenkinsClient(settings, context.signal), input, (done, total) => context.progress({ done, total, note: "modules" }));
}

export const downloadInput = z.object({
  release: z.string(),
  module: z.string(),
  job: z.string(),
  url: z.url(),
  directory: z.string(),
  artifacts: z.array(z.object({ relativePath: z.string(), target: z.string() })),
});
export type DownloadInput = z.infer<typeof downloadInput>;

export interface Downloaded extends Measured {
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
}

export async function download(input: DownloadInput, context: WorkContext, settings: Settings): Promise<Downloaded> {
  const startedMs = performance.now();
  const client = createJenkinsClient(settings, context.signal);
  const fetched = await downloadArtifacts(client, input, ({ file, bytes }) => context.progress({ done: bytes, note: noteOf({ step: "download", file, parsed: 0, written: 0 }) }));
  const size = await measure({ directory: input.directory, files: [] }, context, settings);
  return { ...fetched, ...size, seconds: (performance.now() - startedMs) / 1000 };
}

export const measureInput = z.object({ directory: z.string(), files: z.array(z.string()) });
export type MeasureInput = z.infer<typeof measureInput>;

/** How large an input is: decides the lane before anything is parsed. */
export async function measure(input: MeasureInput, context: WorkContext, settings: Settings): Promise<Measured> {
  return await measureFiles(input.directory, { files: input.files, signal: context.signal, enoughBytes: settings.largeBytes, enoughCases: settings.largeCases });
}

export async function runImport(input: ImportRequest, context: WorkContext, settings: Settings): Promise<ImportOutcome> {
  const database = await openDatabase(settings);
  try {
    return await importJob(input, {
      database,
      scratch: context.scratch,
      signal: context.signal,
      batchSize: settings.batchSize,
      now: () => new Date().toISOString(),
      report: (progress) => context.progress({ done: progress.parsed + progress.written, note: noteOf(progress) }),
      checkpoint: (point) => context.checkpoint(point),
    });
  } finally {
    await database.close();
  }
}
