import { numberOf, textOf, textOrNull } from "../database/columns.ts";
import type { Database } from "../database/database.ts";
import type { Discovery } from "../jenkins/discover.ts";
import { advance, isModuleDone, withoutHoles, type BuildState } from "./plan-builds.ts";

/** Remembers which module builds belong to a parent build, so that "done" can be answered later. */
export async function rememberParent(database: Database, discovery: Discovery, requestedRelease: string | null): Promise<void> {
  const { parent, modules } = discovery;
  const release = parent.release ?? requestedRelease;
  if (release === null) return;
  const names = modules.map((each) =>
    each.kind === "found" ? { release: each.module.release, module: each.module.module, job: each.module.job } : { release, module: each.module, job: each.job },
  );
  const complete = !parent.running && modules.every((each) => each.kind === "found") ? 1 : 0;
  await database.write((writer) => {
    writer.run(
      "INSERT INTO releases (name, jenkins_job_url) VALUES (:release, :url) ON CONFLICT (name) DO UPDATE SET jenkins_job_url = coalesce(jenkins_job_url, excluded.jenkins_job_url)",
      {
        release,
        url: parent.jobUrl,
      },
    );
    writer.run(
      `INSERT INTO parent_builds (release_id, number, url, modules, complete_discovery) SELECT id, :number, :url, :modules, :complete FROM releases WHERE name = :release
       ON CONFLICT (release_id, number) DO UPDATE SET url = excluded.url, modules = excluded.modules, complete_discovery = excluded.complete_discovery`,
      { release, number: parent.number, url: parent.url, modules: JSON.stringify(names), complete },
    );
  });
}

export interface ReleaseRecord {
  readonly name: string;
  readonly jobUrl: string | null;
  readonly lastProcessed: number;
}

export function activeReleases(database: Database): ReleaseRecord[] {
  return database
    .all("SELECT name, jenkins_job_url, last_processed_build FROM releases WHERE is_active = 1 ORDER BY name")
    .map((row) => ({ name: textOf(row, "name"), jobUrl: textOrNull(row, "jenkins_job_url"), lastProcessed: numberOf(row, "last_processed_build") }));
}

const STATES = `
SELECT b.number, b.complete_discovery AS complete, (
  SELECT json_group_array(json_array(j.import_state, coalesce(j.empty_times, 0))) FROM json_each(b.modules) e
  LEFT JOIN releases er ON er.name = e.value ->> 'release' LEFT JOIN modules em ON em.release_id = er.id AND em.name = e.value ->> 'module'
  LEFT JOIN jobs j ON j.module_id = em.id AND j.job_id = e.value ->> 'job'
) AS states
FROM parent_builds b JOIN releases r ON r.id = b.release_id WHERE r.name = :release ORDER BY b.number`;

function buildStates(database: Database, release: string): BuildState[] {
  return database.all(STATES, { release }).map((row) => {
    const states = JSON.parse(textOf(row, "states")) as [string | null, number][];
    const done = numberOf(row, "complete") === 1 && states.every(([state, emptyTimes]) => isModuleDone({ state: state ?? "pending", emptyTimes }));
    return { number: numberOf(row, "number"), done };
  });
}

/**
 * Moves `last_processed_build` as far as every build on the way is done. `unknown` are builds that are listed but could not be looked at:
 * they may belong to this release, so it does not pass them.
 */
export async function advanceRelease(database: Database, release: ReleaseRecord, unknown: readonly number[]): Promise<number> {
  return await store(database, release, [...buildStates(database, release.name), ...unknown.map((number) => ({ number, done: false }))]);
}

/** The same from the database alone, without asking Jenkins which builds there are. */
export async function advanceFromDatabase(database: Database, release: ReleaseRecord): Promise<number> {
  return await store(database, release, withoutHoles(release.lastProcessed, buildStates(database, release.name)));
}

async function store(database: Database, release: ReleaseRecord, builds: readonly BuildState[]): Promise<number> {
  const reached = advance(release.lastProcessed, builds);
  if (reached !== release.lastProcessed)
    await database.write((writer) =>
      writer.run("UPDATE releases SET last_processed_build = max(last_processed_build, :reached) WHERE name = :name", { reached, name: release.name }),
    );
  return reached;
}

/** Removes everything that one parent build brought. Answers how many jobs that were. */
export async function deleteParent(database: Database, parentJobId: string): Promise<number> {
  return await database.write((writer) => {
    writer.run("DELETE FROM parent_builds WHERE CAST(number AS TEXT) = :parent", { parent: parentJobId });
    return writer.run("DELETE FROM jobs WHERE parent_job_id = :parent", { parent: parentJobId }).changes;
  });
}
