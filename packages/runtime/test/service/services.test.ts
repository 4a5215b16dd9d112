// Services with a real store and real processes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { RuntimeEvent } from "../../src/model/index.ts";
import { startRuntime } from "../../src/runtime.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const program = (name: string): string => join(import.meta.dirname, "jobs", `${name}.ts`);

type Of<Kind extends RuntimeEvent["kind"]> = Extract<RuntimeEvent, { kind: Kind }>;

/** The nth event of a kind about a service, past or future. */
async function nth<Kind extends RuntimeEvent["kind"]>(harness: Harness, kind: Kind, service: string, count: number): Promise<Of<Kind>> {
  const seen = new Set<RuntimeEvent>();
  const isOf = (event: RuntimeEvent): event is Of<Kind> =>
    event.kind === kind && (("service" in event && event.service === service) || ("type" in event && event.type === service));
  for (;;) {
    const event = await harness.event((candidate) => isOf(candidate) && !seen.has(candidate));
    seen.add(event);
    if (seen.size === count && isOf(event)) return event;
  }
}

/** Resolves when a service has reported the first update of its nth start. */
async function updated(harness: Harness, name: string, start: number): Promise<void> {
  await nth(harness, "service.running", name, start);
}

test("a service runs, tells of itself, is recycled, stopped and started, and goes on where it was", async () => {
  await using harness = await startHarness({ jobs: [program("steady")] });
  const { control } = harness.runtime;
  await updated(harness, "steady", 1);
  const first = control.service("steady");
  assert.equal(first.state, "running");
  assert.deepEqual(JSON.parse(first.data ?? ""), { starts: 1, scrapers: [{ status: "running" }] });
  assert.deepEqual([first.errorsTotal, first.lastError?.text, first.sentences, first.note], [1, "Error: a small one", [], "start 1"]);
  await assert.rejects(control.enqueue({ type: "steady" }), { code: "unknown_job_type" });

  await control.recycleService("steady", { by: "me", reason: "new cookies" });
  const restarting = await nth(harness, "service.restarting", "steady", 1);
  assert.deepEqual([restarting.reason, restarting.text, restarting.startAtMs <= restarting.atMs], ["asked", "new cookies", true]);
  await updated(harness, "steady", 2);
  const second = control.service("steady");
  assert.notEqual(second.pid, first.pid, "a fresh process");
  assert.deepEqual([second.note, second.record.restarts, second.record.recentRestartsMs], ["start 2", 1, []]);
  assert.equal(second.record.lastVerdict?.cause, "cancelled");

  await control.stopService("steady", "me");
  await nth(harness, "service.stopped", "steady", 1);
  assert.equal(control.service("steady").state, "stopped");
  await assert.rejects(control.recycleService("steady", { by: "me", reason: "" }), { code: "service_not_running" });
  await control.startService("steady", "me");
  await updated(harness, "steady", 3);
  assert.equal(control.service("steady").note, "start 3");
  const attempts = await control.attempts(second.record.jobId ?? "");
  assert.deepEqual(
    attempts.map(({ attempt, lane, next }) => [attempt, lane, next]),
    [
      [1, "service.steady", "retry"],
      [2, "service.steady", "retry"],
    ],
  );
});

test("a service outlives its runtime, and what was stopped stays stopped", async () => {
  await using harness = await startHarness({ jobs: [program("steady")] });
  await updated(harness, "steady", 1);
  const { jobId } = harness.runtime.control.service("steady").record;
  await harness.runtime.stop();
  const options = { dataDir: join(harness.directory, "data"), jobs: [program("steady")], http: false, logLevel: "silent" } as const;

  const started = Promise.withResolvers<void>();
  const second = await startRuntime({ ...options, onEvent: (event) => event.kind === "service.running" && started.resolve() });
  await started.promise;
  const view = second.control.service("steady");
  assert.deepEqual([view.record.jobId, view.record.restarts], [jobId, 0], "a deploy is no restart");
  await second.control.stopService("steady", "me");
  await second.stop();

  const third = await startRuntime(options);
  try {
    assert.equal(third.control.service("steady").state, "stopped");
    const attempts = await third.control.attempts(jobId ?? "");
    assert.equal(attempts.length, 2);
  } finally {
    await third.stop();
  }
});

test("silence is told as what it is, and the service begins anew", async () => {
  await using harness = await startHarness({ jobs: [program("falls-silent")] });
  const restarting = await nth(harness, "service.restarting", "falls-silent", 1);
  assert.equal(restarting.reason, "stale");
  assert.match(restarting.text, /no update for .*; it must report one every 300 ms/);
  const ended = await nth(harness, "attempt.ended", "falls-silent", 1);
  assert.deepEqual([ended.cause, ended.next], ["stalled", "retry"]);
  await nth(harness, "attempt.started", "falls-silent", 2);
});

test("each rule begins a service anew, and says why", async () => {
  await using harness = await startHarness({ jobs: [program("breaks-rules")] });
  for (const [name, reason] of [
    ["errs", "errors"],
    ["swells", "memory"],
    ["crowds", "pids"],
    ["ages", "age"],
  ] as const) {
    const restarting = await nth(harness, "service.restarting", name, 1);
    assert.equal(restarting.reason, reason, restarting.text);
    await nth(harness, "attempt.started", name, 2);
  }
});

test("restarts that do not help are escalated, and a start by hand has a clean slate", async () => {
  await using harness = await startHarness({ jobs: [program("exits-at-once")] });
  const { control } = harness.runtime;
  const escalated = await nth(harness, "service.escalated", "exits-at-once", 1);
  assert.match(escalated.text, /2 restarts within 10 min did not help; the last one: .*code 5/);
  assert.equal(escalated.to, "runtime");
  const view = control.service("exits-at-once");
  assert.deepEqual([view.state, view.record.restarts, view.record.lastVerdict?.cause], ["down", 3, "exited"]);
  const attempts = await control.attempts(view.record.jobId ?? "");
  assert.equal(attempts.length, 3);
  const opened = await harness.event((event) => event.kind === "incident.opened" && event.cause === "escalated");
  assert.ok(opened.kind === "incident.opened");
  const { incident, ends, cause } = await control.incidentReport(opened.incidentId);
  assert.deepEqual([incident.scope, incident.name, incident.type], ["service", "exits-at-once", "exits-at-once"]);
  assert.deepEqual(ends.map(({ attemptId }) => attemptId).sort(), attempts.map(({ id }) => id).sort());
  assert.match(cause.summary, /2 restarts within 10 min did not help/);
  await control.startService("exits-at-once", "me");
  await nth(harness, "service.escalated", "exits-at-once", 2);
  assert.equal((await control.attempts(view.record.jobId ?? "")).length, 6);
});
