import { join } from "node:path";
import type { Database } from "../database/database.ts";
import { ensureJob, isUnchanged } from "../import/job-record.ts";
import { importRequest, type ImportOutcome, type ImportRequestInput } from "../import/request.ts";
import { safeSegment } from "../jenkins/names.ts";
import type { ModuleBuild } from "../jenkins/discover.ts";
import type { Settings } from "../settings.ts";
import type { Downloaded } from "../work/bodies.ts";
import { JOB_TYPES } from "../work/types.ts";
import type { JobEnd, JobRunner } from "./job-runner.ts";

export type ModuleEnd =
  | { readonly kind: "imported"; readonly state: string; readonly detail: string }
  | { readonly kind: "skipped"; readonly detail: string }
  | { readonly kind: "failed"; readonly cause: string; readonly detail: string };

export interface ModuleDeps {
  readonly database: Database;
  readonly runner: JobRunner;
  readonly settings: Pick<Settings, "logsBasePath" | "largeBytes" | "largeCases" | "cleanupArtifacts">;
  readonly now: () => Date;
}

const IN_QUARANTINE = "in quarantine until it is released";

/** One module build: skip it if nothing has changed, fetch it, then import it in the lane that fits. A failure stays with this module. */
export async function importModule(deps: ModuleDeps, build: ModuleBuild, request: { readonly parentNumber: number; readonly skipExisting: boolean }): Promise<ModuleEnd> {
  const { release, module, job } = build;
  const parent = String(request.parentNumber);
  const record = await deps.database.write((writer) => {
    const found = ensureJob(writer, { release, module, job, now: deps.now().toISOString() });
    writer.run("UPDATE jobs SET parent_job_id = :parent, jenkins_url = :url WHERE id = :id", { id: found.key, parent, url: build.url });
    return found;
  });
  if (record.state === "quarantined") return { kind: "skipped", detail: IN_QUARANTINE };
  if (request.skipExisting && isUnchanged(record, build.executedAt, { listing: build.listingDigest })) return { kind: "skipped", detail: "already imported" };
  const directory = jobDirectory(deps.settings.logsBasePath, build);
  const key = `${release}/${module}/${job}`;
  const fetched = await deps.runner.run(JOB_TYPES.download, { release, module, job, url: build.url, directory, artifacts: build.artifacts }, { key });
  if (fetched.kind !== "succeeded") return await settleFailure(deps, record.key, fetched);
  return await importFiles(deps, fetched.result as Downloaded, {
    release,
    module,
    job,
    directory,
    parentJobId: parent,
    jenkinsUrl: build.url,
    version: build.version,
    executedAt: build.executedAt,
    environment: build.environment,
    listingDigest: build.listingDigest,
    downloadedAt: deps.now().toISOString(),
    force: !request.skipExisting,
    cleanup: deps.settings.cleanupArtifacts,
  });
}

export function jobDirectory(logsBasePath: string, name: { readonly release: string; readonly module: string; readonly job: string }): string {
  return join(logsBasePath, safeSegment(name.release), safeSegment(name.module), safeSegment(name.job));
}

/** Imports files that are on disk, large ones in the large lane. */
export async function importFiles(deps: ModuleDeps, size: { readonly largestBytes: number; readonly cases: number }, request: ImportRequestInput): Promise<ModuleEnd> {
  const { release, module, job } = request;
  const large = size.largestBytes > deps.settings.largeBytes || size.cases > deps.settings.largeCases;
  const record = await deps.database.write((writer) => ensureJob(writer, { release, module, job, now: deps.now().toISOString() }));
  if (record.state === "quarantined") return { kind: "skipped", detail: IN_QUARANTINE };
  const end = await deps.runner.run(large ? JOB_TYPES.importLarge : JOB_TYPES.import, request, { key: `${release}/${module}/${job}` });
  if (end.kind === "quarantined") await quarantine(deps, record.key, { end, request });
  if (end.kind !== "succeeded") return await settleFailure(deps, record.key, end);
  const outcome = end.result as ImportOutcome;
  if (outcome.outcome === "skipped") return { kind: "skipped", detail: "already imported" };
  const detail = `${outcome.total} tests, ${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped, pass rate ${outcome.passRate}`;
  return { kind: "imported", state: outcome.state, detail: [detail, ...outcome.problems].join("; ") };
}

async function settleFailure(deps: ModuleDeps, jobKey: number, end: Exclude<JobEnd, { kind: "succeeded" }>): Promise<ModuleEnd> {
  const state = end.kind === "quarantined" ? "quarantined" : "failed";
  await deps.database.write((writer) => writer.run("UPDATE jobs SET import_state = :state, cause = :cause WHERE id = :id", { id: jobKey, state, cause: end.cause }));
  return { kind: "failed", cause: end.cause, detail: end.summary };
}

async function quarantine(
  deps: ModuleDeps,
  jobKey: number,
  { end, request }: { readonly end: Exclude<JobEnd, { kind: "succeeded" }>; readonly request: ImportRequestInput },
): Promise<void> {
  await deps.database.write((writer) =>
    writer.run(
      `INSERT INTO quarantine (job_id, reason, at, request, runtime_job_id) VALUES (:job, :reason, :now, :request, :runtime)
       ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, at = excluded.at, request = excluded.request, runtime_job_id = excluded.runtime_job_id`,
      { job: jobKey, reason: `${end.cause}: ${end.summary}`, now: deps.now().toISOString(), request: JSON.stringify(importRequest.parse(request)), runtime: end.runtimeJobId },
    ),
  );
}
