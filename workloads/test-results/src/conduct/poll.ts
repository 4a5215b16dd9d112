import type { Database } from "../database/database.ts";
import { textOf, textOrNull } from "../database/columns.ts";
import { messageOf } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { JOB_TYPES } from "../work/types.ts";
import type { BuildResult, DownloadRequest } from "./conductor.ts";
import type { JobRunner } from "./job-runner.ts";
import { activeReleases, advanceRelease, type ReleaseRecord } from "./parent-builds.ts";
import type { BuildPlan } from "./plan-builds.ts";
import type { RunEnd } from "./runs.ts";

export type PollState = "idle" | "active";

export interface PollDeps {
  readonly database: Database;
  readonly runner: JobRunner;
  readonly settings: Pick<Settings, "buildQueryLimit">;
  readonly now: () => Date;
  readonly processBuild: (request: DownloadRequest, say: (message: string) => Promise<void>) => Promise<BuildResult>;
  readonly say: (message: string) => Promise<void>;
  readonly onPoll: (status: "success" | "partial" | "failed") => void;
}

interface Tally {
  modules: number;
  failures: number;
  successes: number;
  error: string | null;
}

/** Every parent job that an active release follows: its new builds, oldest first. */
export async function runPoll(deps: PollDeps): Promise<RunEnd> {
  const startedAt = deps.now().toISOString();
  const byUrl = Map.groupBy(
    activeReleases(deps.database).filter((release) => release.jobUrl !== null),
    (release) => release.jobUrl ?? "",
  );
  const tally: Tally = { modules: 0, failures: 0, successes: 0, error: null };
  for (const [jobUrl, releases] of byUrl) await pollJob(deps, { jobUrl, releases, tally });
  const state = tally.failures === 0 ? "success" : tally.successes === 0 ? "failed" : "partial";
  await deps.database.write((writer) =>
    writer.run("INSERT INTO polling_logs (status, modules_downloaded, error_message, started_at, completed_at) VALUES (:status, :modules, :error, :startedAt, :completedAt)", {
      status: state,
      modules: tally.modules,
      error: tally.error,
      startedAt,
      completedAt: deps.now().toISOString(),
    }),
  );
  deps.onPoll(state);
  return { state, error: tally.error };
}

async function pollJob(
  deps: PollDeps,
  { jobUrl, releases, tally }: { readonly jobUrl: string; readonly releases: readonly ReleaseRecord[]; readonly tally: Tally },
): Promise<void> {
  const input = { jobUrl, lastProcessed: releases.map((release) => release.lastProcessed), limit: deps.settings.buildQueryLimit };
  const listed = await deps.runner.run(JOB_TYPES.poll, input, { key: jobUrl });
  if (listed.kind !== "succeeded") return noteFailure(tally, `${jobUrl}: ${listed.cause}: ${listed.summary}`);
  const plan = listed.result as BuildPlan;
  if (plan.gap !== null) await deps.say(`Warning: ${plan.gap}`);
  await deps.say(plan.numbers.length === 0 ? `${jobUrl}: no new builds` : `${jobUrl}: builds ${plan.numbers.join(", ")}`);
  const unknown: number[] = [];
  for (const [index, number] of plan.numbers.entries()) {
    const known = await processOne(deps, { jobUrl, number, release: releases[0]?.name ?? null, tally });
    if (!known) unknown.push(number);
    // What is still to come is not done either, although a download may have brought a later build long ago. A release may have been found by this very build.
    const open = [...unknown, ...plan.numbers.slice(index + 1)];
    for (const release of activeReleases(deps.database).filter((each) => each.jobUrl === jobUrl)) await advanceRelease(deps.database, release, open);
  }
}

async function processOne(deps: PollDeps, build: { readonly jobUrl: string; readonly number: number; readonly release: string | null; readonly tally: Tally }): Promise<boolean> {
  const { tally } = build;
  try {
    const result = await deps.processBuild({ jobUrl: `${build.jobUrl}${build.number}/`, release: build.release, skipExisting: true, keys: null }, deps.say);
    tally.modules += result.fetched;
    tally.successes += result.total - result.failures;
    if (result.failures > 0) noteFailure(tally, result.error ?? "a module failed");
    return true;
  } catch (error) {
    await deps.say(`Build ${build.number}: ${messageOf(error)}`);
    noteFailure(tally, messageOf(error));
    return false;
  }
}

function noteFailure(tally: Tally, error: string): void {
  tally.failures += 1;
  tally.error ??= error;
}

export function readPollingEnabled(database: Database): boolean {
  return database.get("SELECT value FROM settings WHERE key = 'polling_enabled'")?.["value"] !== "false";
}

export async function setPollingEnabled(database: Database, enabled: boolean): Promise<void> {
  await database.write((writer) =>
    writer.run("INSERT INTO settings (key, value) VALUES ('polling_enabled', :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value", { value: String(enabled) }),
  );
}

export function latestPoll(database: Database): { readonly status: string; readonly completedAt: string | null; readonly modules: number; readonly error: string | null } | null {
  const row = database.get("SELECT * FROM polling_logs ORDER BY id DESC LIMIT 1");
  return row === undefined
    ? null
    : { status: textOf(row, "status"), completedAt: textOrNull(row, "completed_at"), modules: Number(row["modules_downloaded"]), error: textOrNull(row, "error_message") };
}
