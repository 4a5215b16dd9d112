// A replay with a real runtime, and the program as it is shipped.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, it } from "node:test";
import { endOf, runCli, startCli, waitForText, type Ended } from "../spawn-cli.ts";
import { replay, type ReplayRequest } from "../../src/replay.ts";
import { startRuntime } from "../../src/runtime.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const JOBS = join(import.meta.dirname, "jobs");

describe("cofferdam replay", () => {
  let harness: Harness;
  let jobId = "";
  let attemptId = "";

  before(async () => {
    harness = await startHarness({ jobs: [JOBS], http: { port: 0 } });
    const input = '{"mebibytes":160,"text":"ä","number":1.10}';
    ({ id: jobId } = await harness.runtime.control.enqueue({ type: "replay.hungry", input }));
    await harness.reaches(jobId, "quarantined");
    const [attempt] = await harness.runtime.control.attempts(jobId);
    assert.equal(attempt?.verdict.cause, "over-memory");
    attemptId = attempt?.id ?? "";
  });
  after(() => harness[Symbol.asyncDispose]());

  const args = (...more: readonly string[]): string[] => ["replay", attemptId, "--url", harness.runtime.url ?? "", "--jobs", JOBS, ...more];
  const runReplay = (...more: readonly string[]): Promise<Ended> => runCli(args(...more), { directory: harness.directory });

  it("ends as it ended when nothing is changed, and changes nothing", async () => {
    const { code, err } = await runReplay();
    assert.equal(code, 101, err);
    assert.match(err, /over-memory \(certain\): /);
    assert.match(err, /cause +over-memory -> over-memory/);
    const job = await harness.runtime.control.job(jobId);
    assert.deepEqual([job.state, job.attempts, job.deaths], ["quarantined", 1, 1]);
    assert.equal((await harness.runtime.control.attempts(jobId)).length, 1);
  });

  it("runs with another budget, traced and profiled, with exactly the input; its result is printed and the job left alone", async () => {
    const { code, out, err } = await runReplay("--memory", "600MB", "--trace-gc", "--heap-prof", "profiles");
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), { text: "ä", number: 1.1, attempt: 1, id: jobId, resumed: false });
    assert.match(err, /held 160 MiB/);
    assert.match(err, /Scavenge|Mark-Compact/);
    assert.match(err, /cause +over-memory -> succeeded/);
    assert.match(err, /memory peak .* of 128 MiB -> .* of 600 MiB/);
    const profiles = await readdir(join(harness.directory, "profiles"));
    assert.deepEqual([profiles.length, profiles[0]?.endsWith(".heapprofile")], [1, true]);
    assert.equal((await harness.runtime.control.job(jobId)).state, "quarantined");
  });

  it("waits for a debugger when it is asked to", async () => {
    const child = startCli(args("--memory", "600MB", "--inspect", "0", "--json"), { directory: harness.directory });
    child.stdin.end();
    const seen = await waitForText(child.stderr, /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/);
    const end = endOf(child);
    const socket = new WebSocket(/ws:\/\/\S+/.exec(seen)?.[0] ?? "");
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    socket.send(JSON.stringify({ id: 1, method: "Runtime.runIfWaitingForDebugger" }));
    await new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
    const { code, out } = await end;
    assert.equal(code, 0);
    const { replay: replayed, settled } = JSON.parse(out) as { replay: { verdict: { cause: string }; budget: { time_seconds: number | null } }; settled: boolean };
    assert.deepEqual([replayed.verdict.cause, replayed.budget.time_seconds, settled], ["succeeded", null, false]);
  });

  it("gives the job its result only when it is asked to and succeeds", async () => {
    const failed = await runReplay("--settle");
    assert.match(failed.err, /not settled: only a success is given to the job/);
    assert.equal((await harness.runtime.control.job(jobId)).state, "quarantined");
    const { code, err } = await runReplay("--memory", "600MB", "--settle");
    assert.equal(code, 0, err);
    const job = await harness.runtime.control.job(jobId);
    assert.deepEqual([job.state, job.cause, job.summary, job.quarantine], ["succeeded", "succeeded", "Succeeded in a replay of attempt 1.", null]);
    assert.deepEqual(JSON.parse((await harness.runtime.control.document(jobId, "result")) ?? ""), { text: "ä", number: 1.1, attempt: 1, id: jobId, resumed: false });
    await assert.rejects(harness.runtime.control.adoptResult(jobId, { result: "1", summary: "again" }), { code: "job_finished" });
  });

  it("says what is missing", async () => {
    const nobody = await runCli(["replay", "a_00000000000000000000000000000000", "--url", harness.runtime.url ?? ""], { directory: harness.directory });
    assert.deepEqual([nobody.code, /there is no attempt a_0/.test(nobody.err)], [4, true]);
    const elsewhere = await runCli(["replay", jobId, "--url", harness.runtime.url ?? "", "--jobs", join(JOBS, "../../breaker/jobs")], { directory: harness.directory });
    assert.match(elsewhere.err, /no module here defines replay\.hungry/);
  });
});

describe("a replay that is interrupted before it began", () => {
  const request = (signal: AbortSignal, changes: Partial<ReplayRequest>): ReplayRequest => ({
    moduleUrls: [pathToFileURL(join(JOBS, "hungry.ts")).href],
    type: "replay.hungry",
    jobId: "j_1",
    attempt: 1,
    input: '{"mebibytes":0}',
    checkpoint: null,
    budget: {},
    debug: { inspectPort: null, heapProfileDirectory: null, gcTrace: "none" },
    tier: "auto",
    cwd: import.meta.dirname,
    env: process.env,
    onLog: () => undefined,
    signal,
    ...changes,
  });

  it("does not run: while its module is read", async () => {
    const { verdict, result } = await replay(request(AbortSignal.abort(), {}));
    assert.deepEqual([verdict.cause, result], ["cancelled", null], verdict.summary);
  });

  it("does not run: while it waits for a debugger", async () => {
    const abort = new AbortController();
    const onLog = (bytes: Uint8Array): void => {
      if (/ws:/.test(Buffer.from(bytes).toString())) abort.abort();
    };
    const { verdict } = await replay(request(abort.signal, { onLog, debug: { inspectPort: 0, heapProfileDirectory: null, gcTrace: "none" } }));
    assert.equal(verdict.cause, "cancelled", verdict.summary);
  });
});

it("begins with what the attempt began with; also when no runtime runs, from the data directory, whose lock it holds", async () => {
  const harness = await startHarness({ jobs: [JOBS], http: { port: 0 } });
  try {
    const { id: jobId } = await harness.runtime.control.enqueue({ type: "replay.steps", input: "{}" });
    const hungry = await harness.runtime.control.enqueue({ type: "replay.hungry", input: '{"mebibytes":160}' });
    await harness.reaches(jobId, "failed");
    await harness.reaches(hungry.id, "quarantined");
    const attempts = await harness.runtime.control.attempts(jobId);
    assert.equal(attempts.length, 3);
    const online = await runCli(["replay", attempts[1]?.id ?? "", "--url", harness.runtime.url ?? "", "--jobs", JOBS], { directory: harness.directory });
    assert.match(online.err, /began with step 2\n/);
    const held = await runCli(["replay", jobId, "--data-dir", join(harness.directory, "data"), "--jobs", JOBS], { directory: harness.directory });
    assert.match(held.err, /began with step 4\n/, "a runtime that runs is asked, found by its data directory");

    await harness.runtime.stop();
    const offline = (...args: readonly string[]): Promise<Ended> =>
      runCli(["replay", ...args, "--data-dir", join(harness.directory, "data"), "--jobs", JOBS], { directory: harness.directory });
    for (const [index, step] of [0, 2, 4].entries()) {
      const { code, err } = await offline(attempts[index]?.id ?? "");
      assert.equal(code, 100, err);
      assert.match(err, /no runtime runs on the data directory/);
      assert.match(err, new RegExp(`began with step ${step}\n`));
    }
    assert.match((await offline(jobId, "--from-checkpoint")).err, /began with step 6\n/);
    assert.match((await offline(jobId, "--from-start")).err, /began with step 0\n/);
    const settled = await offline(hungry.id, "--memory", "600MB", "--settle");
    assert.match(settled.err, /settled: the job has succeeded/);

    const again = await startRuntime({ dataDir: join(harness.directory, "data"), jobs: [JOBS], http: false, logLevel: "silent" });
    assert.equal((await again.control.job(hungry.id)).state, "succeeded");
    assert.equal((await again.control.attempts(jobId)).length, 3, "nothing was counted");
    await again.stop();
  } finally {
    await harness[Symbol.asyncDispose]();
  }
  const nothing = await runCli(["replay", "a_00000000000000000000000000000000", "--data-dir", "/nonexistent/cofferdam"], { directory: "/tmp" });
  assert.equal(nothing.code, 69, "no store, no runtime: nothing is made up");
});
