// Breakers with real workers and a real store.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const JOBS = [join(import.meta.dirname, "jobs")];

async function steps(harness: Harness, ...names: readonly string[]): Promise<unknown> {
  const id = await harness.add("breaker.steps", { steps: names });
  await harness.reaches(id, "succeeded");
  return JSON.parse((await harness.runtime.control.document(id, "result")) ?? "null");
}

test("a breaker that one worker opens is open for all, is listed, outlives the runtime, and is closed by hand", async () => {
  await using harness = await startHarness({ jobs: JOBS });
  assert.deepEqual(await steps(harness, "state", "success", "state", "trip", "state"), ["closed go on", "closed go on", "open stop 403 with a challenge"]);
  assert.deepEqual(await steps(harness, "state", "success", "state"), ["open stop 403 with a challenge", "open stop 403 with a challenge"]);
  const { control } = harness.runtime;
  const [record] = control.breakers();
  assert.equal(record?.key, "domain:example.com");
  assert.equal(record?.openForMs, 3_600_000);
  assert.match(record?.by ?? "", /^a_/);
  const opened = await harness.event((event) => event.kind === "breaker.opened");
  assert.ok(opened.kind === "breaker.opened" && opened.evidence === "403 with a challenge");
  await harness.runtime.stop();

  const { startRuntime } = await import("../../src/runtime.ts");
  const again = await startRuntime({ dataDir: join(harness.directory, "data"), jobs: JOBS, http: false, logLevel: "silent" });
  try {
    assert.deepEqual(again.control.breakers(), [record]);
    await again.control.resetBreaker("domain:example.com", "me");
    assert.deepEqual(again.control.breakers(), []);
    await assert.rejects(again.control.resetBreaker("domain:example.com", "me"), { code: "breaker_not_found" });
  } finally {
    await again.stop();
  }
});

test("failures are counted over all workers, and a worker that knew it closed hears that it is not", async () => {
  await using harness = await startHarness({ jobs: JOBS, lanes: { default: { concurrency: 2 } } });
  assert.deepEqual(await steps(harness, "state", "failure"), ["closed go on"]);
  assert.deepEqual(await steps(harness, "state", "failure", "state"), ["closed go on 503", "open stop 503"]);
  assert.deepEqual(await steps(harness, "state"), ["open stop 503"]);
});

test("of two workers that ask at the same moment exactly one may try", async () => {
  await using harness = await startHarness({ jobs: JOBS, lanes: { default: { concurrency: 2 } } });
  const { control } = harness.runtime;
  // Both ask without pause until it is open no longer.
  await control.tripBreaker("race", { by: "test", evidence: "x", forMs: 500 });
  const ids = [await harness.add("breaker.races"), await harness.add("breaker.races")];
  for (const id of ids) await harness.reaches(id, "succeeded");
  const said = await Promise.all(ids.map((id) => control.document(id, "result")));
  assert.deepEqual(said.sort(), ['"tries"', '"waits"']);
  assert.equal(control.breaker("race").probes.length, 1);
});
