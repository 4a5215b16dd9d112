import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { activeReleases, advanceFromDatabase, deleteParent } from "../conduct/parent-builds.ts";
import { findQuarantined, listQuarantine, releaseQuarantined } from "../conduct/quarantine.ts";
import { readMetadataCsv, storeMetadata } from "../metadata.ts";
import { listModules, listReleases, summarize } from "../query/dashboard.ts";
import { BEHAVIOURS, type Behaviour } from "../trends/classify.ts";
import { readTrends } from "../trends/read-trends.ts";
import { numberOf, textOf } from "../database/columns.ts";
import type { Database } from "../database/database.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { withDatabase } from "./one-shot.ts";
import type { Print } from "./print.ts";

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
        const releases = activeReleases(database);
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
    .action((job: string) =>
      withDatabase(async (database) => {
        const removed = await deleteParent(database, job);
        if (removed === 0) throw new CommandError(EXIT.nothingMatched, `there is no job of the parent build ${job}`);
        print.data({ parent_job_id: job, jobs: removed }, () => `removed ${removed} jobs of the parent build ${job}`);
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
      withDatabase((database) => {
        for (const { key, release, module, job, reason, at } of listQuarantine(database))
          print.data({ job_id: key, release, module, job, reason, at }, () => `${key}  ${release}/${module}/${job}  ${at}  ${reason}`);
      }),
    );
  quarantine
    .command("release <job>")
    .description("let it be imported again: its number, or release/module/job")
    .action((name: string) =>
      withDatabase(async (database) => {
        const entry = findQuarantined(database, name);
        if (entry === null) throw new CommandError(EXIT.nothingMatched, `${name} is not in quarantine`, "test-results quarantine list shows what is.");
        await releaseQuarantined(database, entry);
        print.data({ job_id: entry.key, released: true }, () => `${entry.release}/${entry.module}/${entry.job} is imported again with the next poll or download`);
      }),
    );
}

function printStats(database: Database, print: Print, only: string | null): void {
  const releases = database.all("SELECT name FROM releases WHERE :only IS NULL OR name = :only ORDER BY name", { only }).map((row) => textOf(row, "name"));
  if (releases.length === 0) throw new CommandError(EXIT.nothingMatched, only === null ? "the database is empty" : `there is no release ${only}`);
  print.note(`${listReleases(database).length} releases`);
  for (const release of releases) {
    const rows = database.all(
      `SELECT m.name AS module, count(*) AS jobs, sum(j.total) AS total, sum(j.passed) AS passed, sum(j.failed) AS failed, sum(j.skipped) AS skipped,
         sum(j.import_state IN ('complete', 'empty')) AS whole FROM jobs j JOIN modules m ON m.id = j.module_id JOIN releases r ON r.id = m.release_id WHERE r.name = :release GROUP BY m.id ORDER BY m.name`,
      { release },
    );
    for (const row of rows) {
      const counts = {
        jobs: numberOf(row, "jobs"),
        complete: numberOf(row, "whole"),
        total: numberOf(row, "total"),
        passed: numberOf(row, "passed"),
        failed: numberOf(row, "failed"),
        skipped: numberOf(row, "skipped"),
      };
      print.data(
        { release, module: textOf(row, "module"), ...counts },
        () =>
          `${release}  ${textOf(row, "module").padEnd(24)} ${counts.jobs} jobs  ${counts.total} tests  ${counts.passed} passed  ${counts.failed} failed  ${counts.skipped} skipped`,
      );
    }
  }
}

function printTrends(database: Database, print: Print, options: TrendOptions): void {
  const behaviours = (options.behaviour ?? []).map((name): Behaviour => {
    const known = BEHAVIOURS.find((each) => each === name);
    if (known === undefined) throw new CommandError(EXIT.usage, `${name} is no behaviour`, `One of ${BEHAVIOURS.join(", ")}.`);
    return known;
  });
  if (listModules(database, options.release) === null || (options.module !== undefined && summarize(database, options.release, options.module) === null))
    throw new CommandError(EXIT.nothingMatched, "there is no such release or module");
  const trends = readTrends(database, {
    release: options.release,
    module: options.module ?? null,
    statuses: [],
    behaviours,
    priorities: [],
    topology: null,
    testcaseModule: null,
    search: options.search ?? null,
  });
  if (trends.length === 0) throw new CommandError(EXIT.nothingMatched, "no test matches");
  for (const trend of trends) {
    const letters = trend.results.map(({ status }) => status.charAt(0)).join(" ");
    print.data({ ...trend }, () => `${letters.padEnd(10)} ${trend.behaviours.join(",").padEnd(18)} ${trend.module}  ${trend.topology}  ${trend.class_name}::${trend.test_name}`);
  }
}
