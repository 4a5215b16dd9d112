import type { Database, Queries } from "../database/database.ts";
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
    (await activeReleases(deps.database.read)).filter((release) => release.jobUrl !== null),
    (release) => release.jobUrl ?? "",
  );
  const tally: Tally = { modules: 0, failures: 0, successes: 0, error: null };
  for (const [jobUrl, releases] of byUrl) await pollJob(deps, { jobUrl, releases, tally });
  const state = tally.failures === 0 ? "success" : tally.successes === 0 ? "failed" : "partial";
  const log = { status: state, modules_downloaded: tally.modules, error_message: tally.error, started_at: startedAt, completed_at: deps.now().toISOString() };
  await deps.database.write((transaction) => transaction.insertInto("polling_logs").values(log).execute());
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
    for (const release of await activeReleases(deps.database.read)) if (release.jobUrl === jobUrl) await advanceRelease(deps.database, release, open);
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

export async function readPollingEnabled(queries: Queries): Promise<boolean> {
  const setting = await queries.selectFrom("settings").select("value").where("key", "=", "polling_enabled").executeTakeFirst();
  return setting?.value !== "false";
}

export async function setPollingEnabled(database: Database, enabled: boolean): Promise<void> {
  const setting = { value: String(enabled) };
  await database.write((transaction) =>
    transaction
      .insertInto("settings")
      .values({ key: "polling_enabled", ...setting })
      .onConflict((conflict) => conflict.column("key").doUpdateSet(setting))
      .execute(),
  );
}

export interface LatestPoll {
  readonly status: string;
  readonly completedAt: string | null;
  readonly modules: number;
  readonly error: string | null;
}

export async function latestPoll(queries: Queries): Promise<LatestPoll | null> {
  const row = await queries.selectFrom("polling_logs").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst();
  return row === undefined ? null : { status: row.status, completedAt: row.completed_at, modules: row.modules_downloaded, error: row.error_message };
}
