// Trips, ramps, pressure and workers that do not start, with real processes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startRuntime } from "../../src/runtime.ts";
import { runCli } from "../spawn-cli.ts";
import { JOURNAL_JOBS, startHarness, type Harness } from "./set-up.ts";

/** The trip as an incident: in the record, over HTTP, on the command line and in the metrics, with the ends that made it. */
async function tripIsAnIncident(harness: Harness, jobIds: readonly string[]): Promise<void> {
  const opened = await harness.event((event) => event.kind === "incident.opened" && event.cause === "tripped");
  assert.ok(opened.kind === "incident.opened" && opened.type === "journal.switch" && opened.attemptId !== null);
  const { url, control } = harness.runtime;
  const report = await control.incidentReport(opened.incidentId);
  assert.deepEqual(report.ends.map(({ jobId }) => jobId).sort(), [...jobIds].sort());
  for (const { jobId, attemptId, cause, incidentId } of report.ends) {
    const attempt = await control.attempt(jobId, 1);
    assert.deepEqual([attempt.id, attempt.verdict.cause], [attemptId, cause]);
    assert.equal((await control.incident(incidentId ?? "")).cause, cause);
  }
  const page = (await (await fetch(`${url}/api/v1/incidents?cause=tripped`)).json()) as { items: { id: string; scope: string; name: string }[] };
  assert.deepEqual(
    page.items.map(({ id, scope, name }) => [id, scope, name]),
    [[opened.incidentId, "type", "journal.switch"]],
  );
  const { out, code } = await runCli(["incident", opened.incidentId, "--url", url ?? ""], { directory: harness.directory });
  assert.equal(code, 0);
  assert.match(out, /## The ends it follows from/);
  for (const { attemptId } of report.ends) assert.ok(out.includes(attemptId), out);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /^cofferdam_incidents_open\{cause="tripped"\} 1$/m);
}

test("a type that only dies trips; and comes back one, two, four at a time when it is well", async () => {
  await using harness = await startHarness({ http: { port: 0 }, lanes: { default: { concurrency: 4 } }, healing: { minimum: 4, cooldown: "300ms", observe: "50ms" } });
  const { control } = harness.runtime;
  const bad = await Promise.all([1, 2, 3, 4].map(() => harness.add("journal.switch", { fail: true })));
  const tripped = await harness.event((event) => event.kind === "lane.tripped" && event.scope === "type");
  assert.ok(tripped.kind === "lane.tripped" && tripped.name === "journal.switch");
  assert.match(tripped.reason, /4 of the last 4 attempts failed/);
  for (const id of bad) assert.equal((await harness.reaches(id, "failed")).attempts, 1);
  await tripIsAnIncident(harness, bad);
  const steps: number[] = [];
  harness.runtime.onEvent((event) => event.kind === "lane.ramped" && steps.push(event.allowed));
  const good = await Promise.all([1, 2, 3, 4, 5, 6].map(() => harness.add("journal.switch", {})));
  await harness.event((event) => event.kind === "lane.ramped" && event.allowed === 1);
  for (const id of good) await harness.reaches(id, "succeeded");
  // The ramp goes on with what comes: a job now and then until it is well.
  while (control.trips().length > 0) await harness.reaches(await harness.add("journal.switch", {}), "succeeded");
  assert.deepEqual(control.trips(), []);
  assert.deepEqual(steps.slice(-2), [2, 4]);
});

test("attempts that were still running when the type tripped do not trip it again when they fail during the ramp", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 6 } }, healing: { minimum: 3, cooldown: "50ms" } });
  const pipes = [1, 2, 3].map((number) => join(harness.directory, `pipe-${number}`));
  execFileSync("mkfifo", pipes);
  const long = await Promise.all(pipes.map((pipe) => harness.add("journal.switch", { fail: true, pipe })));
  for (const id of long) await harness.event((event) => event.kind === "attempt.started" && event.jobId === id);
  await Promise.all([1, 2, 3].map(() => harness.add("journal.switch", { fail: true })));
  await harness.event((event) => event.kind === "lane.ramped" && event.allowed === 1);
  for (const pipe of pipes) await writeFile(pipe, "");
  for (const id of long) await harness.reaches(id, "failed");
  assert.deepEqual(
    harness.runtime.control.trips().map(({ name, state, trips }) => [name, state, trips]),
    [["journal.switch", "ramping", 1]],
  );
});

test("durable over a restart: what has tripped is still held back", async () => {
  await using harness = await startHarness({ healing: { minimum: 2, cooldown: "1h" } });
  await harness.add("journal.switch", { fail: true });
  await harness.add("journal.switch", { fail: true });
  await harness.event((event) => event.kind === "lane.tripped");
  await harness.runtime.stop();
  const again = await startRuntime({ dataDir: `${harness.directory}/data`, jobs: [JOURNAL_JOBS], http: false, logLevel: "silent", healing: { minimum: 2, cooldown: "1h" } });
  try {
    assert.deepEqual(
      again.control.trips().map(({ name, state }) => [name, state]),
      [["journal.switch", "tripped"]],
    );
    const { id } = await again.control.enqueue({ type: "journal.switch", input: JSON.stringify({ file: harness.file }) });
    assert.equal((await again.control.why(id))[0]?.code, "type-tripped");
    const done = new Promise<void>((resolve) => again.onEvent((event) => event.kind === "job.settled" && event.jobId === id && resolve()));
    again.control.resumeTrip("type", "journal.switch");
    await done;
    assert.equal((await again.control.job(id)).state, "succeeded");
  } finally {
    await again.stop();
  }
});

test("workers that cannot start are said, slowed down and recovered from, never tried in a silent loop", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 1 } } });
  const { control } = harness.runtime;
  await harness.reaches(await harness.add("journal.writes"), "succeeded");
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = "--require=/nonexistent/cofferdam-test.cjs";
  let started = 0;
  const stop = harness.runtime.onEvent((event) => event.kind === "worker.started" && (started += 1));
  try {
    for (const { id } of control.workers()) control.recycleWorker(id);
    const held = await harness.event((event) => event.kind === "workers.failing" && event.untilAtMs !== null);
    assert.ok(held.kind === "workers.failing" && held.failures >= 3);
    assert.ok(started < 40, `${started} workers were started`);
  } finally {
    stop();
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
  await harness.event((event) => event.kind === "workers.recovered");
  await harness.reaches(await harness.add("journal.writes"), "succeeded");
});
