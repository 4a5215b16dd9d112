// One table of programs, every surface: the row in the store, the HTTP API, the CLI and the metrics say the same cause.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { outcomeOf } from "../../src/metrics/index.ts";
import { CAUSES, familyOf, SUSPECTS, type Cause } from "../../src/model/index.ts";
import { expectedAt, programFile, PROGRAMS, type ProgramCase } from "../programs/model.ts";
import { newMarker } from "../contain/run-case.ts";
import { findProcesses } from "../contain/traces.ts";
import { startHarness, type Harness } from "./set-up.ts";

const run = promisify(execFile);
const DEFINE = new URL("../../src/define.ts", import.meta.url).href;
const CLI = join(import.meta.dirname, "../../dist/cli/main.js");

/** Causes that no program can bring about by itself here; they have tests of their own. */
const ELSEWHERE: ReadonlySet<Cause> = new Set(["lost", "oom-killed"]);

async function writeJobs(directory: string, marker: string): Promise<void> {
  await mkdir(directory);
  await Promise.all(PROGRAMS.map((program, index) => writeFile(join(directory, `program-${index}.mjs`), jobModule(program, index, marker))));
}

function jobModule(program: ProgramCase, index: number, marker: string): string {
  const options = { type: typeOf(index), budget: program.budget, retry: { attempts: 1, deaths: 1 }, grace: program.graceMs };
  const file = programFile(program.program);
  if (program.run.kind === "command")
    return `import { defineCommand } from ${JSON.stringify(DEFINE)};\nexport default defineCommand(${JSON.stringify({ ...options, command: program.run.command(file, marker), stdin: "none" })});\n`;
  if (program.program.endsWith("-on-import.ts"))
    return `import { defineJob } from ${JSON.stringify(DEFINE)};\nexport default defineJob({ ...${JSON.stringify(options)}, run: () => import(${JSON.stringify(file)}) });\n`;
  // Loaded with its job: reading it is none of its misbehaviour, and takes longer than a block budget on a busy machine.
  return `import { defineJob } from ${JSON.stringify(DEFINE)};
import program from ${JSON.stringify(file)};
export default defineJob({ ...${JSON.stringify(options)}, run: (job) => (typeof program === "function" ? program(job) : program.options.run(job)) });
`;
}

const typeOf = (index: number): string => `program-${index}`;

async function runProgram(harness: Harness, program: ProgramCase, index: number, marker: string): Promise<string> {
  const { control } = harness.runtime;
  const { id } = await control.enqueue({ type: typeOf(index), input: JSON.stringify({ marker }) });
  if (program.action === "cancel") {
    await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
    if (program.run.kind === "module") await harness.event((event) => event.kind === "attempt.progress" && event.jobId === id);
    else for await (const chunk of control.logs(id, 1, { follow: true, fromByte: 0 })) if (chunk.length > 0) break;
    await control.cancel(id, { mode: "graceful", by: "caller", reason: "enough" });
  }
  await harness.reaches(id, "succeeded", "failed", "cancelled", "quarantined");
  return id;
}

async function cli(url: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [CLI, ...args, "--json", "--url", url]);
  return JSON.parse(stdout);
}

const SILENT: ReadonlySet<Cause> = new Set(["killed", "lost", "over-time", "stalled", "blocked"]);

/** An abnormal end is in an incident of its type and cause, whose report judges the suspects of a silent one. */
async function checkIncident(harness: Harness, type: string, cause: Cause): Promise<void> {
  const { control, url } = harness.runtime;
  const { items } = await control.incidents({ type, cause }, { limit: 10, cursor: null });
  const isTrouble = familyOf(cause) === "error" || familyOf(cause) === "death";
  assert.equal(items.length > 0, isTrouble, `${type} ${cause}: ${items.length} incidents`);
  for (const { id } of items) {
    const report = await (await fetch(`${url}/api/v1/incidents/${id}`, { headers: { accept: "text/plain" } })).text();
    assert.ok(report.includes(`**${cause}**`), report);
    if (SILENT.has(cause)) for (const suspect of SUSPECTS) assert.match(report, new RegExp(`^- ${suspect}: \\*\\*`, "m"), report);
  }
}

test("row, HTTP, CLI and metrics name the same cause for every program", { timeout: 600_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-surfaces-"));
  const marker = newMarker();
  const jobs = join(directory, "jobs");
  await writeJobs(jobs, marker);
  const harness = await startHarness({ jobs: [jobs], http: { port: 0 }, lanes: { default: { concurrency: 3 } } });
  try {
    const { control, url } = harness.runtime;
    assert.ok(url !== null);
    const { enforcement } = await control.health();
    assert.deepEqual(control.brokenModules(), []);
    const ids = await Promise.all(PROGRAMS.map((program, index) => runProgram(harness, program, index, marker)));
    const shown = new Set<Cause>();
    for (const [index, program] of PROGRAMS.entries()) {
      if (program.promise === "guaranteed" && enforcement.tier === "scan") continue;
      const id = ids[index] ?? "";
      const { cause, says } = expectedAt(program, enforcement);
      const row = await control.job(id);
      const attempt = await control.attempt(id, 1);
      assert.equal(row.cause, cause, `${program.title}: ${JSON.stringify(attempt)}`);
      assert.equal(attempt.verdict.cause, cause);
      for (const pattern of says) assert.match(JSON.stringify(attempt.verdict), new RegExp(pattern.source.replaceAll("MARKER", marker)), program.title);
      const job = (await (await fetch(`${url}/api/v1/jobs/${id}`)).json()) as { cause: string; state: string };
      assert.equal(job.cause, cause, program.title);
      const listed = (await (await fetch(`${url}/api/v1/jobs/${id}/attempts`)).json()) as { items: { verdict: { cause: string; summary: string } }[] };
      assert.equal(listed.items[0]?.verdict.cause, cause);
      assert.equal(listed.items[0]?.verdict.summary, attempt.verdict.summary);
      await checkIncident(harness, typeOf(index), cause);
      // A process for each would take long: one program for each cause.
      if (!shown.has(cause)) {
        assert.match(JSON.stringify(await cli(url, "show", id)), new RegExp(`"cause":"${cause}"`));
        shown.add(cause);
      }
    }
    assert.deepEqual([...shown].sort(), CAUSES.filter((cause) => !ELSEWHERE.has(cause)).sort(), "every cause is shown by a real process");
    const metrics = (await (await fetch(`${url}/metrics`)).text()).split("\n").filter((line) => line.startsWith("cofferdam_attempts_total{") && line.endsWith(" 1"));
    for (const [index, program] of PROGRAMS.entries()) {
      const outcome = outcomeOf(expectedAt(program, enforcement).cause);
      const counted = metrics.filter((line) => line.includes(`type="${typeOf(index)}"`));
      if (program.promise === "every-tier") assert.ok(counted.length === 1 && counted[0]?.includes(`outcome="${outcome}"`), `${program.title}: ${counted.join()}`);
    }
    assert.deepEqual(findProcesses(marker, new Set()), [], "nothing of any program lives");
  } finally {
    await harness[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
});
