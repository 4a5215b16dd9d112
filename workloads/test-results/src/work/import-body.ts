// The body of the import types. It runs in a supervised worker process.
import { openDatabase } from "../database/database.ts";
import { importJob } from "../import/import-job.ts";
import type { ImportOutcome, ImportProgress, ImportRequest } from "../import/request.ts";
import type { Settings } from "../settings.ts";
import { noteOf, type WorkContext } from "./context.ts";

export async function runImport(input: ImportRequest, context: WorkContext, settings: Settings): Promise<ImportOutcome> {
  const database = await openDatabase(settings);
  context.progress({ done: 0 });
  try {
    return await importJob(input, {
      database,
      scratch: context.scratch,
      signal: context.signal,
      batchSize: settings.batchSize,
      now: () => new Date().toISOString(),
      report: createReport(context),
      checkpoint: (point) => context.checkpoint(point),
    });
  } finally {
    await database.close();
  }
}

/** Often enough for whoever watches and for the stall clock; a step that begins is always said. */
const REPORT_EVERY_MS = 100;

function createReport(context: WorkContext): (progress: ImportProgress) => void {
  let last = { step: "", file: "", atMs: Number.NEGATIVE_INFINITY };
  return (progress) => {
    const nowMs = performance.now();
    if (progress.step === last.step && progress.file === last.file && nowMs - last.atMs < REPORT_EVERY_MS) return;
    last = { step: progress.step, file: progress.file, atMs: nowMs };
    context.progress({ done: progress.parsed + progress.written, note: noteOf(progress) });
  };
}
