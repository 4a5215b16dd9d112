import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { activeReleases, advanceFromDatabase, deleteParent, releasesWithParent } from "../conduct/parent-builds.ts";
import { findQuarantined, listQuarantine, releaseQuarantined } from "../conduct/quarantine.ts";
import { readMetadataCsv, storeMetadata } from "../metadata.ts";
import { ALL_MODULES, countByModule, hasModule, listReleases } from "../query/dashboard.ts";
import { BEHAVIOURS, type Behaviour } from "../trends/classify.ts";
import { readTrends } from "../trends/read-trends.ts";
import type { Database } from "../database/database.ts";
import { withDatabase } from "./one-shot.ts";
import { CommandError, EXIT, type Print } from "workload-command-line";

interface TrendOptions {
  readonly release: string;
  readonly module?: string;
  readonly behaviour?: readonly string[];
  readonly search?: string;
}

export function addQueryCommands(program: Command, print: Print): void {
  program
    .command("stats")
    .description("what is in the database")
    .option("--release <name>", "only this release")
    .action((options: { readonly release?: string }) => withDatabase((database) => printStats(database, print, options.release ?? null)));
  program
    .command("trends")
    .description("tests by how they behave")
    .requiredOption("--release <name>", "release")
    .option("--module <name>", "only this module")
    .option("--behaviour <name...>", `any of ${BEHAVIOURS.join(", ")}`)
    .option("--search <text>", "part of the test's name or file")
    .action((options: TrendOptions) => withDatabase((database) => printTrends(database, print, options)));
  program
    .command("sync-last-processed")
    .description("move every release to the last parent build that is done")
    .action(() =>
      withDatabase(async (database) => {
        const releases = await activeReleases(database.read);
        if (releases.length === 0) throw new CommandError(EXIT.nothingMatched, "there is no active release");
        for (const release of releases) {
          const reached = await advanceFromDatabase(database, release);
          print.data({ release: release.name, before: release.lastProcessed, after: reached }, () => `${release.name}: ${release.lastProcessed} -> ${reached}`);
        }
      }),
    );
  program
    .command("delete-parent <job>")
    .description("remove everything that one parent build brought")
    .option("--release <name>", "its release, where several have a build of this number")
    .action((job: string, options: { readonly release?: string }) =>
      withDatabase(async (database) => {
        const releases = (await releasesWithParent(database.read, job)).filter((name) => options.release === undefined || name === options.release);
        const [release] = releases;
        if (release === undefined) throw new CommandError(EXIT.nothingMatched, `there is no job of the parent build ${job}`);
        if (releases.length > 1) throw new CommandError(EXIT.refused, `several releases have a parent build ${job}: ${releases.join(", ")}`, "Say which one with --release.");
        const removed = await deleteParent(database, release, job);
        print.data({ release, parent_job_id: job, jobs: removed }, () => `${release}: removed ${removed} jobs of the parent build ${job}`);
      }),
    );
  program
    .command("metadata <csv>")
    .description("priorities and topologies of tests: a CSV with the columns name, priority, topology")
    .option("--release <name>", "for this release only")
    .action((file: string, options: { readonly release?: string }) =>
      withDatabase(async (database) => {
        const entries = readMetadataCsv(await readFile(file, "utf8"));
        if (entries.length === 0) throw new CommandError(EXIT.nothingMatched, `${file} has no rows`);
        await storeMetadata(database, entries, options.release ?? null);
        print.data({ stored: entries.length }, () => `stored metadata of ${entries.length} tests; it is used by the next imports`);
      }),
    );
  const quarantine = program.command("quarantine").description("jobs whose importer died twice");
  quarantine
    .command("list")
    .description("what waits there, and why")
    .action(() =>
      withDatabase(async (database) => {
        for (const { key, release, module, job, reason, at } of await listQuarantine(database.read))
          print.data({ job_id: key, release, module, job, reason, at }, () => `${key}  ${release}/${module}/${job}  ${at}  ${reason}`);
      }),
    );
  quarantine
    .command("release <job>")
    .description("let it be imported again: its number, or release/module/job")
    .action((name: string) =>
      withDatabase(async (database) => {
        const entry = await findQuarantined(database.read, name);
        if (entry === null) throw new CommandError(EXIT.nothingMatched, `${name} is not in quarantine`, "test-results quarantine list shows what is.");
        await releaseQuarantined(database, entry.key);
        print.data({ job_id: entry.key, released: true }, () => `${entry.release}/${entry.module}/${entry.job} is imported again with the next poll, download or import`);
      }),
    );
}

async function printStats({ read }: Database, print: Print, only: string | null): Promise<void> {
  const releases = (await listReleases(read)).filter(({ name }) => only === null || name === only);
  if (releases.length === 0) throw new CommandError(EXIT.nothingMatched, only === null ? "the database is empty" : `there is no release ${only}`);
  print.note(`${releases.length} releases`);
  for (const { release, module, ...counts } of await countByModule(read)) {
    if (only !== null && release !== only) continue;
    print.data(
      { release, module, ...counts },
      () => `${release}  ${module.padEnd(24)} ${counts.jobs} jobs  ${counts.total} tests  ${counts.passed} passed  ${counts.failed} failed  ${counts.skipped} skipped`,
    );
  }
}

async function printTrends(database: Database, print: Print, options: TrendOptions): Promise<void> {
  const behaviours = (options.behaviour ?? []).map((name): Behaviour => {
    const known = BEHAVIOURS.find((each) => each === name);
    if (known === undefined) throw new CommandError(EXIT.usage, `${name} is no behaviour`, `One of ${BEHAVIOURS.join(", ")}.`);
    return known;
  });
  if (!(await hasModule(database.read, options.release, options.module ?? ALL_MODULES))) throw new CommandError(EXIT.nothingMatched, "there is no such release or module");
  const filter = { release: options.release, module: options.module ?? null, statuses: [], behaviours, priorities: [], topology: null, testcaseModule: null };
  let count = 0;
  for await (const trend of readTrends(database, { ...filter, search: options.search ?? null })) {
    count += 1;
    const letters = trend.results.map(({ status }) => status.charAt(0)).join(" ");
    print.data({ ...trend }, () => `${letters.padEnd(10)} ${trend.behaviours.join(",").padEnd(18)} ${trend.module}  ${trend.topology}  ${trend.class_name}::${trend.test_name}`);
  }
  if (count === 0) throw new CommandError(EXIT.nothingMatched, "no test matches");
}
