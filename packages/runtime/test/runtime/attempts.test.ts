// The runtime as a whole: real store, real processes. One behaviour a test.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startRuntime } from "../../src/runtime.ts";
import { stateOf } from "../contain/traces.ts";
import { startHarness, type Harness } from "./set-up.ts";

test("a job runs, its result is stored, and its worker stays warm", async () => {
  await using harness = await startHarness();
  const first = await harness.add("journal.warm");
  await harness.reaches(first, "succeeded");
  const second = await harness.add("journal.warm");
  await harness.reaches(second, "succeeded");
  assert.equal(await harness.runtime.control.document(first, "result"), '{"seen":0}');
  assert.equal(await harness.runtime.control.document(second, "result"), '{"seen":1}', "the same process ran both");
});

test("a runtime for what is enqueued begins no service and follows no schedule", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-enqueued-"));
  const file = join(directory, "beside.mjs");
  const cofferdam = new URL("../../dist/index.js", import.meta.url).href;
  await writeFile(
    file,
    `import { defineJob, defineService } from "${cofferdam}";
     export const nightly = defineJob({ type: "nightly", schedule: { cron: "* * * * * *" }, run: () => "done" });
     export const beside = defineService({ name: "beside", freshness: "1m", run: () => new Promise(() => {}) });`,
  );
  const runtime = await startRuntime({ dataDir: join(directory, "data"), jobs: [file], http: false, logLevel: "silent" }, "enqueued");
  try {
    assert.deepEqual(await runtime.control.schedules(), []);
    assert.deepEqual(runtime.control.services(), []);
    const settled = new Promise((resolve) => {
      runtime.onEvent((event) => event.kind === "job.settled" && resolve(event.state));
    });
    await runtime.control.enqueue({ type: "nightly", input: "null" });
    assert.equal(await settled, "succeeded");
  } finally {
    await runtime.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

test("isolation process: every attempt has a fresh process", async () => {
  await using harness = await startHarness();
  for (const id of [await harness.add("journal.fresh"), await harness.add("journal.fresh"), await harness.add("journal.fresh")]) {
    await harness.reaches(id, "succeeded");
    assert.equal(await harness.runtime.control.document(id, "result"), '{"seen":0}');
  }
});

test("a worker is replaced after its number of attempts", async () => {
  await using harness = await startHarness({ recycleAfter: 1, lanes: { default: { concurrency: 1 } } });
  const first = await harness.add("journal.warm");
  await harness.reaches(first, "succeeded");
  await harness.event((event) => event.kind === "worker.ended" && event.reason.includes("has run 1 attempt"));
  const second = await harness.add("journal.warm");
  await harness.reaches(second, "succeeded");
  assert.equal(await harness.runtime.control.document(second, "result"), '{"seen":0}');
});

test("a leak is listed on the attempt, ended, and costs the worker its place", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.leaks");
  const record = await harness.reaches(id, "succeeded");
  assert.match(record.summary ?? "", /left behind 1 process/);
  const attempt = await harness.runtime.control.attempt(id, 1);
  const [leak] = attempt.leaks;
  assert.equal(attempt.leaks.length, 1);
  assert.match(leak?.command ?? "", /sleep 600/);
  assert.equal(leak?.state, "ended");
  await harness.event((event) => event.kind === "worker.ended" && event.workerId === attempt.workerId && event.reason.includes("left processes behind"));
  // A zombie has ended, too: without a namespace it waits for the machine's PID 1.
  assert.match(stateOf(leak?.pid ?? 0), /^[ZX]$/, "it has ended");
});

test("an attempt resumes from the checkpoint of the one that was killed", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.resumes", { steps: 4 });
  const record = await harness.reaches(id, "succeeded");
  assert.equal(record.deaths, 3);
  assert.equal(await harness.runtime.control.document(id, "result"), '{"steps":4}');
  assert.deepEqual(
    (await harness.journal()).map((line) => line.what),
    ["step 0", "step 1", "step 2", "step 3"],
  );
  const attempts = await harness.runtime.control.attempts(id);
  assert.deepEqual(attempts.map((attempt) => attempt.verdict.cause).sort(), ["killed", "killed", "killed", "succeeded"]);
});

test("cancel asks first: the job hears the reason, and is cancelled", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.waits");
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
  assert.equal(await harness.runtime.control.cancel(id, { mode: "graceful", by: "test", reason: "not needed" }), "cancelling");
  const record = await harness.reaches(id, "cancelled");
  assert.equal(record.cause, "cancelled");
  assert.deepEqual(
    (await harness.journal()).map((line) => line.what),
    ["start", "asked cancel"],
  );
});

test("cancel kills what does not hear, after its grace", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.deaf");
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
  await harness.runtime.control.cancel(id, { mode: "graceful", by: "test", reason: "not needed" });
  const record = await harness.reaches(id, "cancelled");
  assert.match(record.summary ?? "", /not needed/);
  const attempt = await harness.runtime.control.attempt(id, 1);
  assert.equal(attempt.exit?.signal, "SIGKILL");
});

test("whoever follows a log gets that attempt's lines, all of them and no other's, also when one worker takes job after job", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 1 } } });
  const { control } = harness.runtime;
  const follow = async (jobId: string, attempt: number): Promise<string> => {
    let log = "";
    for await (const chunk of control.logs(jobId, attempt, { follow: true, fromByte: 0 })) log += Buffer.from(chunk).toString("utf8");
    return log;
  };
  const followed = new Map<string, Promise<string>>();
  harness.runtime.onEvent((event) => {
    if (event.kind === "attempt.started") followed.set(event.jobId, follow(event.jobId, event.attempt));
  });
  const ids = await Promise.all(Array.from({ length: 100 }, () => harness.add("journal.says")));
  for (const id of ids) await harness.reaches(id, "succeeded");
  assert.equal(followed.size, ids.length);
  for (const id of ids) assert.equal(await followed.get(id), `${id} first\n${id} last\n`);
});

test("a command gets its input, reports progress, and its output is its log", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.command");
  const record = await harness.reaches(id, "succeeded");
  assert.deepEqual([record.progress?.done, record.progress?.total, record.progress?.note], [1, 2, "half"]);
  let log = "";
  for await (const chunk of harness.runtime.control.logs(id, 1, { follow: false, fromByte: 0 })) log += Buffer.from(chunk).toString("utf8");
  assert.match(log, new RegExp(`\\{"file":"${harness.file}"\\}`));
  assert.match(log, new RegExp(`arg=${harness.file}`));
  assert.match(log, /err/);
});

test("what an attempt waited counts from when it might run: the attempt before is no waiting", async () => {
  await using harness = await startHarness();
  const id = await harness.add("journal.resumes", { steps: 2 });
  await harness.reaches(id, "succeeded");
  const started = await harness.event((event) => event.kind === "attempt.started" && event.jobId === id && event.attempt === 2);
  const first = (await harness.runtime.control.attempts(id)).find(({ attempt }) => attempt === 1);
  assert.ok(started.kind === "attempt.started" && first !== undefined);
  assert.ok(started.waitMs <= started.atMs - first.endedAtMs, `${started.waitMs} ms`);
});

test("short jobs that wait behind a long one are taken back and run elsewhere", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 2 } } });
  // Enough short ones that the type is handed ahead, then one that takes as long as the test wants.
  const short: string[] = [];
  for (let count = 0; count < 40; count += 1) short.push(await harness.add("journal.writes"));
  for (const id of short) await harness.reaches(id, "succeeded");
  await harness.runtime.control.pauseLane("default", "dispatch", { reason: "test", untilMs: null });
  const long = await harness.add("journal.writes", { ms: 60_000 });
  const behind: string[] = [];
  for (let count = 0; count < 20; count += 1) behind.push(await harness.add("journal.writes"));
  await harness.runtime.control.resumeLane("default", "dispatch");
  for (const id of behind) await harness.reaches(id, "succeeded");
  assert.equal((await harness.runtime.control.job(long)).state, "running");
  await harness.runtime.control.cancel(long, { mode: "kill", by: "test", reason: "done" });
  await harness.reaches(long, "cancelled");
  for (const id of behind) assert.equal((await harness.runtime.control.job(id)).attempts, 1, "being taken back costs nothing");
});

test("a clean stop asks running jobs, keeps their checkpoint and costs no attempt", async () => {
  const harness = await startHarness();
  const id = await harness.add("journal.waits");
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
  const settled = harness.event((event) => event.kind === "job.settled" && event.jobId === id);
  await harness.runtime.stop();
  const event = await settled;
  assert.equal(event.kind === "job.settled" ? event.state : "", "retrying");
  assert.deepEqual(
    (await harness.journal()).map((line) => line.what),
    ["start", "asked drain"],
  );
  const again = await startHarness({ dataDir: `${harness.directory}/data` });
  try {
    await again.event((candidate) => candidate.kind === "attempt.started" && candidate.jobId === id);
    const record = await again.runtime.control.job(id);
    assert.deepEqual([record.errors, record.deaths], [0, 0]);
    const line = (await harness.journal()).at(-1);
    await again.runtime.control.cancel(id, { mode: "graceful", by: "test", reason: "done" });
    await again.reaches(id, "cancelled");
    assert.ok(line !== undefined);
    assert.deepEqual((await harness.journal()).find((candidate) => candidate.attempt === 2)?.from, { asked: "drain" });
  } finally {
    await again[Symbol.asyncDispose]();
    await harness[Symbol.asyncDispose]();
  }
});

test("the second stop does not wait for the drain", async () => {
  const harness = await startHarness({ drainTimeout: "10m" });
  const id = await harness.add("journal.deaf");
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
  const stopped = harness.runtime.stop();
  await harness.event((event) => event.kind === "runtime.draining");
  void harness.runtime.stop();
  await stopped;
  await harness[Symbol.asyncDispose]();
});

test("a worker whose idle memory grows is replaced", async () => {
  await using harness = await startHarness({ recycleGrowth: "96MB", lanes: { default: { concurrency: 1 } } });
  const kept: unknown[] = [];
  for (let count = 0; count < 4; count += 1) {
    const id = await harness.add("journal.grows");
    await harness.reaches(id, "succeeded");
    kept.push(JSON.parse((await harness.runtime.control.document(id, "result")) ?? "null"));
  }
  await harness.event((event) => event.kind === "worker.ended" && event.reason.includes("memory grew"));
  assert.deepEqual(kept, [{ kept: 1 }, { kept: 2 }, { kept: 3 }, { kept: 1 }], "one attempt to learn what idle means, then two times 64 MB");
});

test("workers have a lower priority than the API, also where sessions are scheduling groups", async () => {
  await using harness = await startHarness({ workerNice: 7 });
  const id = await harness.add("journal.priority");
  await harness.reaches(id, "succeeded");
  const { nice, autogroup } = JSON.parse((await harness.runtime.control.document(id, "result")) ?? "null") as { nice: number; autogroup: string | null };
  assert.equal(nice, Math.min(getPriority() + 7, 19), "seven steps behind this process");
  if (autogroup !== null) assert.match(autogroup, /nice 7/);
});

test("each runtime of a process gives its workers an environment of its own, without the tokens, and changes none", async () => {
  process.env["COFFERDAM_TOKEN"] = "an-admin-token-of-the-api";
  after(() => delete process.env["COFFERDAM_TOKEN"]);
  await using one = await startHarness({ env: { JOURNAL_WORD: "one" } });
  await using other = await startHarness({ env: { JOURNAL_WORD: "other" } });
  const seenBy = async ({ add, reaches, runtime }: Harness): Promise<unknown> => {
    const id = await add("journal.environment");
    await reaches(id, "succeeded");
    return JSON.parse((await runtime.control.document(id, "result")) ?? "null");
  };
  assert.deepEqual(await Promise.all([one, other].map(seenBy)), [
    { load: "one", run: "one", token: null },
    { load: "other", run: "other", token: null },
  ]);
  assert.equal(process.env["JOURNAL_WORD"], undefined);
});
