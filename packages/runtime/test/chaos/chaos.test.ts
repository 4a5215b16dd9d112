// Fault injection into real attempts: each fault is seen for what it does, and no job is lost.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { resolveConfig } from "../../src/config/index.ts";
import { createChaos } from "../../src/chaos/index.ts";
import { FAULTS, type Cause, type Fault, type RuntimeEvent } from "../../src/model/index.ts";
import { startRuntime } from "../../src/runtime.ts";
import { faultScript } from "../../src/supervisor/command-fault.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";
import { systemChance } from "../../src/platform/index.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const HOUR_MS = 3_600_000;
const SEEN_AS: Readonly<Record<Fault, readonly Cause[]>> = {
  kill: ["killed"],
  // A process that was stopped from outside says nothing any more: to its supervisor that is a blocked loop.
  stop: ["blocked"],
  fill: ["over-memory", "oom-killed"],
  flood: ["over-output"],
  block: ["blocked"],
};

async function hit(harness: Harness, fault: Fault): Promise<void> {
  const { control } = harness.runtime;
  control.startChaos({ rate: 1, faults: [fault], durationMs: HOUR_MS, type: "journal.prey", force: false });
  const id = await harness.add("journal.prey");
  const record = await harness.reaches(id, "quarantined");
  const attempt = await control.attempt(id, 1);
  assert.ok(SEEN_AS[fault].includes(attempt.verdict.cause), `${fault} was seen as ${attempt.verdict.cause}: ${attempt.verdict.summary}`);
  assert.equal(record.attempts, 1);
  control.stopChaos();
  const report = await control.chaosReport();
  assert.deepEqual([report.state, report.injected[fault], report.jobs, report.states, report.lost], ["stopped", 1, 1, { quarantined: 1 }, 0]);
}

test("every fault is seen for what it does to the process", async () => {
  await using harness = await startHarness();
  for (const fault of ["kill", "stop", "fill", "flood", "block"] as const) await hit(harness, fault);
  // What was done on purpose tells nothing of what the type needs or leaves behind.
  const { control } = harness.runtime;
  const budget = control.budgets().find(({ type }) => type === "journal.prey");
  assert.deepEqual([budget?.observations, budget?.memoryDeaths], [0, 0]);
  assert.equal(
    control.leaks().find(({ type }) => type === "journal.prey"),
    undefined,
  );
});

test("half of all attempts are killed: every job ends well, and none is lost", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 2 } } });
  const { control } = harness.runtime;
  control.startChaos({ rate: 0.5, faults: ["kill"], durationMs: HOUR_MS, type: null, force: false });
  const ids = await Promise.all(Array.from({ length: 6 }, () => harness.add("journal.writes", { ms: 350 })));
  for (const id of ids) assert.equal((await harness.reaches(id, "succeeded", "failed", "quarantined")).state, "succeeded");
  control.stopChaos();
  const report = await control.chaosReport();
  assert.equal(report.lost, 0);
  assert.equal(report.states.succeeded ?? 0, report.jobs);
  const ended = (await harness.journal()).filter(({ what }) => what === "end").map(({ id }) => id);
  assert.deepEqual(new Set(ended), new Set(ids));
});

test("a job that is hit and then removed from the store would be said to be lost", async () => {
  await using harness = await startHarness();
  const { control } = harness.runtime;
  control.startChaos({ rate: 1, faults: ["kill"], durationMs: HOUR_MS, type: "journal.prey", force: false });
  const id = await harness.add("journal.prey");
  await harness.reaches(id, "quarantined");
  await control.remove(id);
  assert.equal((await control.chaosReport()).lost, 1);
});

const DEFINE = JSON.stringify(new URL("../../src/define.ts", import.meta.url).href);
const COMMAND_SEEN_AS: Readonly<Partial<Record<Fault, readonly Cause[]>>> = { kill: ["killed"], stop: ["stalled"], fill: ["over-memory", "oom-killed"], flood: ["over-output"] };

test("commands are hit through a helper in their own tree", async () => {
  const jobs = await mkdtemp(join(tmpdir(), "cofferdam-chaos-"));
  try {
    const command = (type: string, budget: object) =>
      writeFile(
        join(jobs, `${type}.mjs`),
        `import { defineCommand } from ${DEFINE};\nexport default defineCommand(${JSON.stringify({ type, command: ["sleep", "60"], budget, retry: { attempts: 1, deaths: 1 } })});\n`,
      );
    await command("sleeps", { memory: "96MB", output: "1MB" });
    // Only who was stopped is to be found silent: on a busy machine the others are silent, too, until they are hit.
    await command("stops", { stall: "2s" });
    await using harness = await startHarness({ jobs: [jobs] });
    const { control } = harness.runtime;
    for (const [fault, causes] of Object.entries(COMMAND_SEEN_AS)) {
      const type = fault === "stop" ? "stops" : "sleeps";
      control.startChaos({ rate: 1, faults: [fault as Fault], durationMs: HOUR_MS, type, force: false });
      const id = await harness.add(type);
      await harness.reaches(id, "quarantined", "failed");
      const attempt = await control.attempt(id, 1);
      assert.ok(causes.includes(attempt.verdict.cause), `${fault} was seen as ${attempt.verdict.cause}: ${attempt.verdict.summary}`);
      assert.equal(attempt.autopsy?.injected, fault, "the report says that it was done on purpose");
      control.stopChaos();
      assert.deepEqual([(await control.chaosReport()).injected[fault as Fault], (await control.chaosReport()).lost], [1, 0]);
    }
  } finally {
    await rm(jobs, { recursive: true, force: true });
  }
});

test("a fault waits for a program that has not begun, and goes with an attempt that has ended", async () => {
  const clock = createFakeClock();
  const hub = new EventTarget();
  const tell = (event: object): void => void hub.dispatchEvent(new CustomEvent("event", { detail: event }));
  let tries = 0;
  const chaos = createChaos({
    clock,
    chance: { ...systemChance, fraction: () => 0.5 },
    isProduction: false,
    onError: assert.ifError,
    store: { job: () => Promise.resolve(null), wasPruned: () => Promise.resolve(true) },
    inject: () => (tries += 1) === 3,
    publish: () => undefined,
    listen(listener) {
      const hear = (event: Event): void => listener((event as CustomEvent<RuntimeEvent>).detail);
      hub.addEventListener("event", hear);
      return () => hub.removeEventListener("event", hear);
    },
  });
  chaos.start({ rate: 1, faults: ["kill"], durationMs: HOUR_MS, type: null, force: false });
  tell({ kind: "attempt.started", jobId: "j_1", attemptId: "a_1", type: "sleeps", lane: "default" });
  await clock.pass(10_000);
  assert.deepEqual([tries, (await chaos.report()).injected.kill, chaos.faultOf("a_1")], [3, 1, "kill"]);
  tell({ kind: "attempt.started", jobId: "j_2", attemptId: "a_2", type: "sleeps", lane: "default" });
  tell({ kind: "attempt.ended", jobId: "j_2", attemptId: "a_2" });
  await clock.pass(10_000);
  assert.equal(tries, 3);
  await chaos.close();
});

test("by the configuration faults are injected as long as the runtime lives; in production it refuses to start unless forced", async () => {
  const refused = { chaos: { rate: 1 }, production: true } as const;
  await assert.rejects(startRuntime({ ...refused, http: false, logLevel: "silent" }), { code: "invalid_config" });
  const sources = { flags: {}, file: null, machine: { cpus: 2, directory: "/", nodeEnv: "production" } };
  assert.throws(() => resolveConfig({ ...sources, env: { COFFERDAM_CHAOS_RATE: "0.5" } }), { code: "invalid_config", message: /COFFERDAM_CHAOS_RATE.*production/ });
  assert.equal(resolveConfig({ ...sources, env: { COFFERDAM_CHAOS_RATE: "0.5", COFFERDAM_PRODUCTION: "off" } }).config.chaos?.rate, 0.5);
  assert.equal(resolveConfig({ ...sources, env: { COFFERDAM_CHAOS_RATE: "0.5", COFFERDAM_CHAOS_FORCE: "on" } }).config.production, true);
  assert.throws(() => resolveConfig({ ...sources, env: { COFFERDAM_CHAOS_RATE: "2" } }), { code: "invalid_config" });

  const events: RuntimeEvent[] = [];
  const harness = await startHarness({ chaos: { rate: 1, faults: ["kill"], type: "journal.prey", force: true }, production: true, onEvent: (event) => events.push(event) });
  const id = await harness.add("journal.prey");
  await harness.reaches(id, "quarantined");
  await harness[Symbol.asyncDispose]();
  const ended = events.find((event) => event.kind === "chaos.ended");
  assert.ok(ended?.kind === "chaos.ended");
  assert.deepEqual([ended.injected, ended.jobs, ended.lost, ended.detail], [1, 1, 0, "of the jobs that were hit are now: 1 quarantined"]);
});

test("what cannot be done to a program that is not ours is not done", () => {
  const unbounded = { memoryBytes: null, outputBytes: null };
  assert.deepEqual(
    FAULTS.map((fault) => [fault, faultScript(fault, 42, unbounded)]),
    [
      ["kill", "kill -KILL 42"],
      ["stop", "kill -STOP 42"],
      ["fill", null],
      ["flood", null],
      ["block", null],
    ],
  );
  assert.match(faultScript("fill", 42, { memoryBytes: 1024 ** 2, outputBytes: null }) ?? "", /head -c 68157440 /);
});
