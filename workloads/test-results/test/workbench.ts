import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { openDatabase, type Database } from "../src/database/database.ts";
import { importJob, type ImportPorts } from "../src/import/import-job.ts";
import { importRequest, type ImportOutcome, type ImportRequestInput } from "../src/import/request.ts";

const cleanUps = new WeakMap<TestContext, (() => unknown)[]>();

/** What was made last goes first: a directory outlives what uses it. */
export function cleanUp(test: TestContext, action: () => unknown): void {
  const known = cleanUps.get(test);
  if (known !== undefined) return void known.push(action);
  const actions = [action];
  cleanUps.set(test, actions);
  test.after(async () => {
    for (const each of actions.toReversed()) await each();
  });
}

export async function makeDirectory(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "test-results-"));
  cleanUp(test, () => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function writeTree(directory: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

export interface Bench {
  readonly directory: string;
  readonly databasePath: string;
  readonly database: Database;
  readonly ports: ImportPorts;
  /** Writes the files as the input of a job and imports it. */
  run(files: Readonly<Record<string, string | Uint8Array>>, request?: Partial<ImportRequestInput>): Promise<ImportOutcome>;
}

export async function makeBench(test: TestContext, ports: Partial<ImportPorts> = {}): Promise<Bench> {
  const directory = await makeDirectory(test);
  const databasePath = join(directory, "results.db");
  const database = await openDatabase(databasePath, { busyMs: 5000 });
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
    databasePath,
    database,
    ports: complete,
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
export function dumpJob(database: Database, job = "7"): { readonly results: unknown[]; readonly job: unknown } {
  return {
    results: plain(
      database.all(`SELECT ${COLUMNS} FROM test_results t JOIN jobs j ON j.id = t.job_id WHERE j.job_id = :job ORDER BY topology, order_index, occurrence, test_name`, { job }),
    ),
    job: plain(
      database.all(
        "SELECT job_id, total, passed, failed, skipped, pass_rate, import_state, executed_at, environment, input_digest, progress_key, rows_written, unmatched_junit FROM jobs WHERE job_id = :job",
        { job },
      ),
    ),
  };
}

function plain(rows: readonly object[]): object[] {
  return rows.map((row) => Object.assign({}, row));
}

/** A report of many cases in constant memory, for tests that need size. */
export function makeReport(cases: number, bytesOfText = 0): string {
  const lines = Array.from({ length: cases }, (_, index) => {
    const head = `<testcase classname="pkg.Class${index % 50}" name="case ${index}" time="0.${index % 10}"`;
    return index % 7 === 0 ? `${head}><failure message="m${index}">${"x".repeat(bytesOfText)} at ${index}</failure></testcase>` : `${head}/>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="big" tests="3">${lines.join("\n")}</testsuite></testsuites>`;
}
