import { sql } from "kysely";
import type { Database, Queries } from "../database/database.ts";
import { ensureRelease } from "../import/job-record.ts";
import type { ImportState } from "../import/request.ts";
import type { Discovery } from "../jenkins/discover.ts";
import { advance, isModuleDone, withoutHoles, type BuildState } from "./plan-builds.ts";

/** Remembers which module builds belong to a parent build, so that "done" can be answered later. */
export async function rememberParent(database: Database, discovery: Discovery, requestedRelease: string | null): Promise<void> {
  const { parent, modules } = discovery;
  const release = parent.release ?? requestedRelease;
  if (release === null) return;
  const isComplete = !parent.running && modules.every((each) => each.kind === "found" || each.kind === "gone") ? 1 : 0;
  await database.write(async (transaction) => {
    const releaseKey = await ensureRelease(transaction, release);
    await transaction.updateTable("releases").set({ jenkins_job_url: parent.jobUrl }).where("id", "=", releaseKey).where("jenkins_job_url", "is", null).execute();
    const build = { url: parent.url, complete_discovery: isComplete };
    await transaction
      .insertInto("parent_builds")
      .values({ release_id: releaseKey, number: parent.number, ...build })
      .onConflict((conflict) => conflict.columns(["release_id", "number"]).doUpdateSet(build))
      .execute();
    await transaction.deleteFrom("parent_build_modules").where("release_id", "=", releaseKey).where("number", "=", parent.number).execute();
    const members = modules.map((each) => {
      const { module, job } = each.kind === "found" ? each.module : each;
      return { release_id: releaseKey, number: parent.number, release_name: each.kind === "found" ? each.module.release : release, module_name: module, job_id: job };
    });
    if (members.length > 0)
      await transaction
        .insertInto("parent_build_modules")
        .values(members)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  });
}

export interface ReleaseRecord {
  readonly name: string;
  readonly jobUrl: string | null;
  readonly lastProcessed: number;
}

export async function activeReleases(queries: Queries): Promise<ReleaseRecord[]> {
  return await queries
    .selectFrom("releases")
    .select(["name", "jenkins_job_url as jobUrl", "last_processed_build as lastProcessed"])
    .where("is_active", "=", 1)
    .orderBy("name")
    .execute();
}

interface MemberState {
  readonly number: number;
  readonly complete: number;
  /** Null when the build has no modules, or this one has no job yet. */
  readonly state: ImportState | null;
  readonly module: string | null;
  readonly times: number | null;
}

async function buildStates(queries: Queries, release: string): Promise<BuildState[]> {
  const { rows } = await sql<MemberState>`
    SELECT b.number, b.complete_discovery AS complete, e.module_name AS module, j.import_state AS state, j.empty_times AS times
    FROM parent_builds b JOIN releases r ON r.id = b.release_id
    LEFT JOIN parent_build_modules e ON e.release_id = b.release_id AND e.number = b.number
    LEFT JOIN releases er ON er.name = e.release_name
    LEFT JOIN modules em ON em.release_id = er.id AND em.name = e.module_name
    LEFT JOIN jobs j ON j.module_id = em.id AND j.job_id = e.job_id
    WHERE r.name = ${release} ORDER BY b.number`.execute(queries);
  return [...Map.groupBy(rows, (row) => row.number)].map(([number, members]) => ({
    number,
    done: members.every(({ complete, module, state, times }) => complete === 1 && (module === null || isModuleDone({ state: state ?? "pending", emptyTimes: times ?? 0 }))),
  }));
}

/**
 * Moves `last_processed_build` as far as every build on the way is done. `unknown` are builds that are listed but could not be looked at:
 * they may belong to this release, so it does not pass them.
 */
export async function advanceRelease(database: Database, release: ReleaseRecord, unknown: readonly number[]): Promise<number> {
  return await store(database, release, [...(await buildStates(database.read, release.name)), ...unknown.map((number) => ({ number, done: false }))]);
}

/** The same from the database alone, without asking Jenkins which builds there are. */
export async function advanceFromDatabase(database: Database, release: ReleaseRecord): Promise<number> {
  return await store(database, release, withoutHoles(release.lastProcessed, await buildStates(database.read, release.name)));
}

async function store(database: Database, release: ReleaseRecord, builds: readonly BuildState[]): Promise<number> {
  const reached = advance(release.lastProcessed, builds);
  if (reached !== release.lastProcessed)
    await database.write((transaction) =>
      transaction.updateTable("releases").set({ last_processed_build: reached }).where("name", "=", release.name).where("last_processed_build", "<", reached).execute(),
    );
  return reached;
}

/** The releases that have jobs of a parent build of this number: each Jenkins job counts its builds for itself. */
export async function releasesWithParent(queries: Queries, parentJobId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("jobs as j")
    .innerJoin("modules as m", "m.id", "j.module_id")
    .innerJoin("releases as r", "r.id", "m.release_id")
    .select("r.name")
    .distinct()
    .where("j.parent_job_id", "=", parentJobId)
    .orderBy("r.name")
    .execute();
  return rows.map(({ name }) => name);
}

/** Removes everything that one parent build brought to a release. Answers how many jobs that were. */
export async function deleteParent(database: Database, release: string, parentJobId: string): Promise<number> {
  return await database.write(async (transaction) => {
    const found = await transaction.selectFrom("releases").select("id").where("name", "=", release).executeTakeFirst();
    if (found === undefined) return 0;
    if (/^\d{1,9}$/.test(parentJobId)) await transaction.deleteFrom("parent_builds").where("release_id", "=", found.id).where("number", "=", Number(parentJobId)).execute();
    const modules = transaction.selectFrom("modules").select("id").where("release_id", "=", found.id);
    const { numDeletedRows } = await transaction.deleteFrom("jobs").where("parent_job_id", "=", parentJobId).where("module_id", "in", modules).executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  });
}
