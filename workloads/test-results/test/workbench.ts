import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { sql } from "kysely";
import { freshSqlite, type FreshDatabase } from "workload-database/testing";
import { openDatabase, type Database } from "../src/database/database.ts";
import { importJob, type ImportPorts } from "../src/import/import-job.ts";
import { importRequest, type ImportOutcome, type ImportRequestInput } from "../src/import/request.ts";
import { cleanUp, makeDirectory } from "workload-command-line/testing";

export async function writeTree(directory: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

export interface Bench {
  readonly directory: string;
  /** Path or address. */
  readonly databaseUrl: string;
  readonly database: Database;
  readonly ports: ImportPorts;
  /** Writes the files as the input of a job and imports it. */
  all(text: string): Promise<Record<string, unknown>[]>;
  /** The columns of the first row. */
  first(text: string): Promise<unknown[]>;
  run(files: Readonly<Record<string, string | Uint8Array>>, request?: Partial<ImportRequestInput>): Promise<ImportOutcome>;
}

/** Path of a file, or address of a server, in the shape of the settings. */
export function openAt(url: string, busyMs = 5000): Promise<Database> {
  return openDatabase({ databasePath: url, databaseUrl: url.startsWith("postgres:") ? url : null, databaseBusyMs: busyMs });
}

export async function queryAll(database: Database, text: string): Promise<Record<string, unknown>[]> {
  return (await sql<Record<string, unknown>>`${sql.raw(text)}`.execute(database.read)).rows;
}

export async function makeBench(test: TestContext, ports: Partial<ImportPorts> = {}, fresh: FreshDatabase = freshSqlite): Promise<Bench> {
  const directory = await makeDirectory(test, "test-results");
  const databaseUrl = await fresh({ after: (action) => cleanUp(test, action as () => unknown) });
  const database = await openAt(databaseUrl);
  cleanUp(test, () => database.close());
  const complete: ImportPorts = {
    database,
    scratch: directory,
    signal: new AbortController().signal,
    batchSize: 2500,
    now: () => "2026-01-02T03:04:05.000Z",
    report: () => undefined,
    checkpoint: async () => undefined,
    ...ports,
  };
  return {
    directory,
    databaseUrl,
    database,
    ports: complete,
    all: (text) => queryAll(database, text),
    first: async (text) => Object.values((await queryAll(database, text))[0] ?? {}),
    async run(files, request = {}) {
      const input = join(directory, "input", request.job ?? "7");
      await rm(input, { recursive: true, force: true });
      await mkdir(input, { recursive: true });
      await writeTree(input, files);
      return await importJob(importRequest.parse({ release: "6.1", module: "vpn", job: "7", directory: input, ...request }), complete);
    },
  };
}

const COLUMNS =
  "topology, file_path, class_name, test_name, occurrence, status, setup_ip, order_index, duration, was_rerun, rerun_still_failed, failure_message, priority, is_removed, testcase_module";

/** Everything that an import says about its job, without the keys and times that differ between two imports. */
export async function dumpJob(database: Database, job = "7"): Promise<object> {
  return {
    results: await queryAll(
      database,
      `SELECT ${COLUMNS} FROM test_results t JOIN jobs j ON j.id = t.job_id WHERE j.job_id = '${job}' ORDER BY topology, order_index, occurrence, test_name`,
    ),
    job: await queryAll(
      database,
      `SELECT job_id, total, passed, failed, skipped, pass_rate, import_state, executed_at, environment, input_digest, progress_key, rows_written, unmatched_junit FROM jobs WHERE job_id = '${job}'`,
    ),
  };
}

/** A report of many cases in constant memory, for tests that need size. */
export function makeReport(cases: number, bytesOfText = 0): string {
  const lines = Array.from({ length: cases }, (_, index) => {
    const head = `<testcase classname="pkg.Class${index % 50}" name="case ${index}" time="0.${index % 10}"`;
    return index % 7 === 0 ? `${head}><failure message="m${index}">${"x".repeat(bytesOfText)} at ${index}</failure></testcase>` : `${head}/>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="big" tests="3">${lines.join("\n")}</testsuite></testsuites>`;
}
