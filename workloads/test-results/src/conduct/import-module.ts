import { join } from "node:path";
import type { Database } from "../database/database.ts";
import { ensureJob, isUnchanged, type JobName, type JobRecord } from "../import/job-record.ts";
import type { Measured } from "../import/measure.ts";
import { importRequest, type ImportOutcome, type ImportRequestInput } from "../import/request.ts";
import { removeDownloads } from "../jenkins/download.ts";
import { safeSegment } from "../jenkins/names.ts";
import type { ModuleBuild } from "../jenkins/discover.ts";
import type { Settings } from "../settings.ts";
import type { Downloaded } from "../work/asking-bodies.ts";
import { JOB_TYPES } from "../work/types.ts";
import type { JobEnd, JobRunner } from "./job-runner.ts";
import { isHeld, putIntoQuarantine, releaseQuarantined } from "./quarantine.ts";

export type ModuleEnd =
  | { readonly kind: "imported"; readonly state: string; readonly detail: string; readonly counts: ModuleCounts }
  | { readonly kind: "skipped"; readonly because: "unchanged" | "quarantined" | "running" | "empty"; readonly detail: string }
  | { readonly kind: "failed"; readonly cause: string; readonly detail: string };

/** As the database has them. */
export interface ModuleCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly pass_rate: number;
}

export interface ModuleDeps {
  readonly database: Database;
  readonly runner: JobRunner;
  readonly settings: Pick<Settings, "logsBasePath" | "largeBytes" | "largeCases" | "cleanupArtifacts">;
  readonly now: () => Date;
}

const IN_QUARANTINE = { kind: "skipped", because: "quarantined", detail: "in quarantine until it is released" } as const;
const UNCHANGED = { kind: "skipped", because: "unchanged", detail: "already imported" } as const;

/** One module build: skip it if nothing has changed, fetch it, then import it in the lane that fits. A failure stays with this module. */
export async function importModule(deps: ModuleDeps, build: ModuleBuild, request: { readonly parentNumber: number; readonly skipExisting: boolean }): Promise<ModuleEnd> {
  const { release, module, job } = build;
  const parent = String(request.parentNumber);
  const record = await noteParent(deps, { release, module, job }, { parent_job_id: parent, jenkins_url: build.url });
  if (await staysInQuarantine(deps, record, inputKeyOf(build))) return IN_QUARANTINE;
  const home = jobDirectory(deps.settings.logsBasePath, build);
  if (request.skipExisting && isUnchanged(record, build.executedAt, { listing: build.listingDigest })) {
    // An import that was taken up again after a restart may have ended before anybody followed it.
    if (deps.settings.cleanupArtifacts) await removeDownloads(home, null);
    return UNCHANGED;
  }
  if (build.artifacts.length === 0) return await settleEmpty(deps, record, "the build kept no artifacts");
  const fetched = await deps.runner.run(JOB_TYPES.download, { release, module, job, url: build.url, home, artifacts: build.artifacts }, { key: `${release}/${module}/${job}` });
  if (fetched.kind !== "succeeded") return await settleFailure(deps, record.key, fetched);
  const downloaded = fetched.result as Downloaded;
  const input: ImportRequestInput = {
    release,
    module,
    job,
    directory: downloaded.directory,
    parentJobId: parent,
    jenkinsUrl: build.url,
    version: build.version,
    executedAt: build.executedAt,
    environment: build.environment,
    listingDigest: build.listingDigest,
    downloadedAt: deps.now().toISOString(),
    force: !request.skipExisting,
    cleanup: deps.settings.cleanupArtifacts,
  };
  const end = await importFiles(deps, { measured: downloaded, inputKey: inputKeyOf(build) }, input);
  await removeDownloads(home, isComplete(end) && deps.settings.cleanupArtifacts ? null : downloaded.directory);
  return end;
}

/** A module whose build Jenkins has removed. */
export async function noteGone(deps: ModuleDeps, name: JobName, parentNumber: number): Promise<ModuleEnd> {
  const record = await noteParent(deps, name, { parent_job_id: String(parentNumber) });
  return await settleEmpty(deps, record, `Jenkins has removed build ${name.job}`);
}

async function noteParent(deps: ModuleDeps, name: JobName, known: { readonly parent_job_id: string; readonly jenkins_url?: string }): Promise<JobRecord> {
  return await deps.database.write(async (transaction) => {
    const found = await ensureJob(transaction, { ...name, now: deps.now().toISOString() });
    await transaction.updateTable("jobs").set(known).where("id", "=", found.key).execute();
    return found;
  });
}

/** Nothing can be had of it. What was imported while there was something stays. */
async function settleEmpty(deps: ModuleDeps, { key, state }: JobRecord, detail: string): Promise<ModuleEnd> {
  if (state !== "complete" && state !== "partial" && state !== "quarantined") {
    await deps.database.write((transaction) =>
      transaction
        .updateTable("jobs")
        .set(({ eb }) => ({ import_state: "empty", cause: null, empty_times: eb("empty_times", "+", 1) }))
        .where("id", "=", key)
        .execute(),
    );
  }
  return { kind: "skipped", because: "empty", detail };
}

/** Whether the database has all of the input. */
export function isComplete(end: ModuleEnd): boolean {
  return end.kind === "imported" ? end.state === "complete" : end.kind === "skipped" && end.because === "unchanged";
}

/** What Jenkins offers says which input it is, without fetching it. */
function inputKeyOf({ listingDigest, executedAt }: Pick<ModuleBuild, "listingDigest" | "executedAt">): string {
  return `${listingDigest} ${executedAt}`;
}

/** A job that waits because its input is bad goes on as soon as there is another input. */
async function staysInQuarantine(deps: ModuleDeps, record: JobRecord, inputKey: string): Promise<boolean> {
  if (record.state !== "quarantined") return false;
  if (await isHeld(deps.database.read, record.key, inputKey)) return true;
  await releaseQuarantined(deps.database, record.key);
  return false;
}

function jobDirectory(logsBasePath: string, name: { readonly release: string; readonly module: string; readonly job: string }): string {
  return join(logsBasePath, safeSegment(name.release), safeSegment(name.module), safeSegment(name.job));
}

export interface FilesOnDisk {
  readonly measured: Pick<Measured, "largestBytes" | "cases">;
  readonly inputKey: string;
}

/** Imports files that are on disk, large ones in the large lane. */
export async function importFiles(deps: ModuleDeps, files: FilesOnDisk, request: ImportRequestInput): Promise<ModuleEnd> {
  const { release, module, job } = request;
  const large = files.measured.largestBytes > deps.settings.largeBytes || files.measured.cases > deps.settings.largeCases;
  const record = await deps.database.write((transaction) => ensureJob(transaction, { release, module, job, now: deps.now().toISOString() }));
  if (await staysInQuarantine(deps, record, files.inputKey)) return IN_QUARANTINE;
  // While it is still importing nobody has released it, whatever became of the importer.
  const released = record.state !== "importing";
  const end = await deps.runner.run(large ? JOB_TYPES.importLarge : JOB_TYPES.import, importRequest.parse(request), { key: `${release}/${module}/${job}`, released });
  if (end.kind !== "succeeded") return await settleImport(deps, record.key, { end, request, inputKey: files.inputKey });
  const outcome = end.result as ImportOutcome;
  if (outcome.outcome === "skipped") return UNCHANGED;
  const { total, passed, failed, skipped, passRate, state, problems } = outcome;
  const detail = `${total} tests, ${passed} passed, ${failed} failed, ${skipped} skipped, pass rate ${passRate}`;
  return { kind: "imported", state, detail: [detail, ...problems].join("; "), counts: { total, passed, failed, skipped, pass_rate: passRate } };
}

type Failed = Exclude<JobEnd, { kind: "succeeded" }>;

async function settleFailure(deps: ModuleDeps, jobKey: number, end: Failed): Promise<ModuleEnd> {
  await deps.database.write((transaction) => transaction.updateTable("jobs").set({ import_state: "failed", cause: end.cause }).where("id", "=", jobKey).execute());
  return { kind: "failed", cause: end.cause, detail: end.summary };
}

/** What an importer says about its input, as opposed to what happened to it. */
const BAD_INPUT = new Set(["malformed", "oversize", "not_junit", "no_input"]);

/** An importer that died twice, and an input that nobody can read, wait in quarantine; anything else is tried again by the next poll. */
async function settleImport(
  deps: ModuleDeps,
  jobKey: number,
  failed: { readonly end: Failed; readonly request: ImportRequestInput; readonly inputKey: string },
): Promise<ModuleEnd> {
  const { end, inputKey } = failed;
  const isBadInput = end.kind === "failed" && BAD_INPUT.has(end.cause);
  if (end.kind !== "quarantined" && !isBadInput) return await settleFailure(deps, jobKey, end);
  await putIntoQuarantine(deps.database, {
    jobKey,
    cause: end.cause,
    reason: `${end.cause}: ${end.summary}`,
    at: deps.now().toISOString(),
    request: JSON.stringify(importRequest.parse(failed.request)),
    inputKey: isBadInput ? inputKey : null,
  });
  return { kind: "failed", cause: end.cause, detail: end.summary };
}
