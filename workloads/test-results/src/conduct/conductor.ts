import { rm } from "node:fs/promises";
import { createTurns } from "workload-command-line";
import type { Database } from "../database/database.ts";
import { messageOf, WorkError } from "../errors.ts";
import { ensureJob } from "../import/job-record.ts";
import type { Measured } from "../import/measure.ts";
import { importRequest, type ImportRequestInput } from "../import/request.ts";
import type { DiscoveredModule, Discovery } from "../jenkins/discover.ts";
import { releaseFromUrl } from "../jenkins/names.ts";
import type { Settings } from "../settings.ts";
import { JOB_TYPES } from "../work/types.ts";
import { importFiles, importModule, isComplete, noteGone, type ModuleDeps, type ModuleEnd } from "./import-module.ts";
import type { JobRunner } from "./job-runner.ts";
import { rememberParent } from "./parent-builds.ts";
import { runPoll, type PollState } from "./poll.ts";
import { findQuarantined, releaseQuarantined, type QuarantineEntry } from "./quarantine.ts";
import { createRunBook, type RunBook, type RunEnd } from "./runs.ts";

export interface DownloadRequest {
  readonly release: string | null;
  readonly jobUrl: string;
  readonly skipExisting: boolean;
  /** Keys of the build map; all when null. */
  readonly keys: readonly string[] | null;
}

export interface ConductorDeps {
  readonly database: Database;
  readonly runner: JobRunner;
  readonly settings: Settings;
  /** Whose runs these are: it goes on with its own only. */
  readonly owner: string;
  readonly now: () => Date;
  /** Called once per finished run or poll; for the metrics. */
  readonly onPoll?: (status: "success" | "partial" | "failed") => void;
}

/** Turns requests into jobs of the runtime and follows them to their end. It does no work itself. */
export interface Conductor {
  readonly runs: RunBook;
  /** @throws WorkError `usage` when no release can be derived. */
  download(request: DownloadRequest): Promise<string>;
  discover(jobUrl: string, release: string | null): Promise<Discovery>;
  importLocal(request: ImportRequestInput): Promise<string>;
  /** The same without a run that others can follow: answers how it ended. */
  importNow(request: ImportRequestInput): Promise<ModuleEnd>;
  /** null while one is active. */
  poll(): Promise<string | null>;
  pollState(): PollState;
  release(name: string): Promise<QuarantineEntry | null>;
  /** Goes on with what this owner's process before left running. @param adopts and with what was left by a version whose runs had no owners */
  resume(adopts: boolean): Promise<void>;
  /** Resolves when everything that was started has ended. */
  idle(): Promise<void>;
}

export function createConductor(deps: ConductorDeps): Conductor {
  const { database, runner, settings, owner, now } = deps;
  const runs = createRunBook(database, owner, now);
  const moduleDeps: ModuleDeps = { database, runner, settings, now };
  const started = new Set<Promise<unknown>>();
  // Imports of one job write the same rows.
  const turns = createTurns<string>();
  /** Work that is under way, so that a second request joins it. */
  const modules = new Map<string, Promise<ModuleEnd>>();
  const downloads = new Map<string, string>();
  let polling: string | null = null;

  function follow(runId: string, work: () => Promise<RunEnd>, afterwards: () => Promise<void> = async () => undefined): void {
    const ended = work()
      .catch((error: unknown): RunEnd => ({ state: "failed", error: messageOf(error) }))
      .then((end) => runs.end(runId, end))
      .then(afterwards)
      .catch(() => undefined)
      .finally(() => started.delete(ended));
    started.add(ended);
  }

  function importOnce(
    build: Extract<DiscoveredModule, { kind: "found" }>["module"],
    options: { readonly parentNumber: number; readonly skipExisting: boolean },
  ): Promise<ModuleEnd> {
    const key = `${build.release}/${build.module}/${build.job}`;
    const known = modules.get(key);
    if (known !== undefined) return known;
    const work = turns.take(key, () => importModule(moduleDeps, build, options)).finally(() => modules.delete(key));
    modules.set(key, work);
    return work;
  }

  async function askJenkins(request: Pick<DownloadRequest, "release" | "jobUrl" | "keys">): Promise<Discovery> {
    const end = await runner.run(JOB_TYPES.discover, request, { key: `${request.jobUrl} ${request.keys?.join(",") ?? "*"}` });
    if (end.kind !== "succeeded") throw new WorkError(end.cause === "not_found" || end.cause === "unauthorized" ? end.cause : "network", end.summary);
    return end.result as Discovery;
  }

  /** One parent build, module by module; what each came to is said as it happens. */
  async function processBuild(request: DownloadRequest, say: (message: string) => Promise<void>): Promise<BuildResult> {
    await say(`Asking ${request.jobUrl} for its modules`);
    const discovery = await askJenkins(request);
    if (request.keys === null) await rememberParent(database, discovery, request.release);
    const total = discovery.modules.length;
    await say(`Build ${discovery.parent.number} has ${discovery.parent.hasMap ? `${total} modules` : "no build_map.json, and so no modules"}`);
    let done = 0;
    let failures = 0;
    let fetched = 0;
    const firstError: string[] = [];
    await Promise.all(
      discovery.modules.map(async (each) => {
        const name = each.kind === "found" ? each.module.module : each.module;
        const options = { parentNumber: discovery.parent.number, skipExisting: request.skipExisting };
        const end = await endOf(each, discovery.parent.release ?? request.release, options);
        done += 1;
        if (end.kind === "imported") fetched += 1;
        if (end.kind === "failed" || (end.kind === "imported" && end.state === "partial")) {
          failures += 1;
          firstError.push(`${name}: ${end.detail}`);
        }
        await say(`[${done}/${total}] ${wordEnd(name, end)}`);
      }),
    );
    const { number, running, hasMap } = discovery.parent;
    return { number, total, fetched, failures, running, hasMap, error: firstError[0] ?? null };
  }

  async function endOf(each: DiscoveredModule, release: string | null, options: { readonly parentNumber: number; readonly skipExisting: boolean }): Promise<ModuleEnd> {
    if (each.kind === "gone" && release !== null) return await noteGone(moduleDeps, { release, module: each.module, job: each.job }, options.parentNumber);
    if (each.kind === "gone") return { kind: "failed", cause: "not_found", detail: "no release is known for a build that is gone" };
    if (each.kind === "running") return { kind: "skipped", because: "running", detail: "still running" };
    if (each.kind === "failed") return { kind: "failed", cause: each.code, detail: each.error };
    try {
      return await importOnce(each.module, options);
    } catch (error) {
      return { kind: "failed", cause: "failed", detail: messageOf(error) };
    }
  }

  function followDownload(runId: string, request: DownloadRequest): void {
    const key = downloadKey(request);
    downloads.set(key, runId);
    follow(runId, async () => {
      try {
        const result = await processBuild(request, (message) => runs.say(runId, message));
        return endOfBuild(result);
      } finally {
        downloads.delete(key);
      }
    });
  }

  async function importNow(request: ImportRequestInput): Promise<ModuleEnd> {
    // Rows are made in the order of the requests: without other times, that is the order of the jobs.
    await database.write((transaction) => ensureJob(transaction, { release: request.release, module: request.module, job: request.job, now: now().toISOString() }));
    const key = `${request.release}/${request.module}/${request.job}`;
    return await turns.take(key, async () => {
      const measured = await runner.run(JOB_TYPES.measure, { directory: request.directory, files: request.files ?? [] }, { key });
      if (measured.kind !== "succeeded") return { kind: "failed", cause: measured.cause, detail: measured.summary };
      const found = measured.result as Measured;
      return await importFiles(moduleDeps, { measured: found, inputKey: found.fingerprint }, request);
    });
  }

  function followImport(runId: string, request: ImportRequestInput): void {
    let isStored = false;
    follow(
      runId,
      async () => {
        const end = await importNow(request);
        isStored = isComplete(end);
        await runs.say(runId, `[1/1] ${wordEnd(request.module, end)}`);
        if (end.kind === "failed") return { state: "failed", error: `${end.cause}: ${end.detail}` };
        return { state: end.kind === "imported" && end.state === "partial" ? "partial" : "success", error: null };
      },
      // Only now: a run that is taken up again must find all of its files.
      async () => {
        if (isStored && request.cleanup === true) await rm(request.directory, { recursive: true, force: true });
      },
    );
  }

  function followPoll(runId: string): void {
    polling = runId;
    follow(runId, async () => {
      try {
        return await runPoll({ database, runner, settings, now, processBuild, say: (message) => runs.say(runId, message), onPoll: deps.onPoll ?? (() => undefined) });
      } finally {
        polling = null;
      }
    });
  }

  return {
    runs,
    async download(request) {
      if (request.release === null && releaseFromUrl(request.jobUrl) === null) throw new WorkError("usage", `no release is given, and none can be derived from ${request.jobUrl}`);
      const complete = { ...request, release: request.release ?? releaseFromUrl(request.jobUrl) };
      const joined = downloads.get(downloadKey(complete));
      if (joined !== undefined) return joined;
      await runs.prune();
      const runId = await runs.open("download", complete);
      followDownload(runId, complete);
      return runId;
    },
    discover: (jobUrl, release) => askJenkins({ jobUrl, release: release ?? releaseFromUrl(jobUrl), keys: null }),
    async importLocal(request) {
      const runId = await runs.open("import", request);
      followImport(runId, request);
      return runId;
    },
    importNow,
    async poll() {
      if (polling !== null) return null;
      polling = "starting";
      try {
        const runId = await runs.open("poll", {});
        followPoll(runId);
        return runId;
      } catch (error) {
        polling = null;
        throw error;
      }
    },
    pollState: () => (polling === null ? "idle" : "active"),
    async release(name) {
      const entry = await findQuarantined(database.read, name);
      if (entry === null) return null;
      await releaseQuarantined(database, entry.key);
      const request = importRequest.parse(JSON.parse(entry.request));
      followImport(await runs.open("import", request), request);
      return entry;
    },
    async resume(adopts) {
      for (const run of await runs.running(adopts)) {
        await runs.say(run.id, "The server was restarted; going on");
        if (run.kind === "download") followDownload(run.id, JSON.parse(run.request) as DownloadRequest);
        else if (run.kind === "poll") followPoll(run.id);
        else followImport(run.id, importRequest.parse(JSON.parse(run.request)));
      }
    },
    async idle() {
      while (started.size > 0) await Promise.all(started);
    },
  };
}

export interface BuildResult {
  readonly number: number;
  readonly total: number;
  readonly fetched: number;
  readonly failures: number;
  readonly running: boolean;
  readonly hasMap: boolean;
  readonly error: string | null;
}

/** A poll passes a build without modules; whoever asks for one may have meant another address. */
function endOfBuild({ total, failures, hasMap, error }: BuildResult): RunEnd {
  if (!hasMap) return { state: "failed", error: "not_found: the build has no build_map.json" };
  if (failures === 0) return { state: "success", error: null };
  return { state: failures === total ? "failed" : "partial", error };
}

function downloadKey(request: Pick<DownloadRequest, "jobUrl" | "keys">): string {
  return `${request.jobUrl} ${request.keys?.toSorted().join(",") ?? "*"}`;
}

function wordEnd(name: string, end: ModuleEnd): string {
  if (end.kind === "failed") return `✗ ${name} failed: ${end.cause}: ${end.detail}`;
  if (end.kind === "skipped") return `- ${name} skipped: ${end.detail}`;
  return end.state === "partial" ? `~ ${name} imported in part: ${end.detail}` : `✓ ${name} completed successfully: ${end.detail}`;
}
