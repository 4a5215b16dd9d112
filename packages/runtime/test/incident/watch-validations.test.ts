import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { beginValidation, parseRule, watchValidations, type ValidationWatch } from "../../src/incident/index.ts";
import type { RuntimeEvent } from "../../src/model/index.ts";
import type { Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { createFakeClock, type FakeClock } from "../dispatch/fake-clock.ts";
import { makeDirectory, openAt } from "../store/open-store.ts";

const ID = `i_${"7".repeat(32)}`;

interface Scene {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly events: RuntimeEvent[];
  readonly running: { type: string; lane: string; pids: number; memoryBytes: number }[];
  /** Of services, by name. */
  readonly updatedAtMs: Map<string, number>;
  open(): Promise<ValidationWatch>;
}

async function makeScene(context: TestContext): Promise<Scene> {
  const store = await openAt(await makeDirectory(context));
  const clock = createFakeClock();
  const nowMs = clock.nowMs();
  await store.enqueue([makeJob({ id: `j_${"1".repeat(32)}`, createdAtMs: nowMs })]);
  const [lease] = await store.claim({ lane: "default", limit: 1, perType: new Map(), nowMs, owner: "me" });
  assert.ok(lease !== undefined);
  const occurrence = { incidentId: ID, cause: "failed", signature: "", title: "t", atMs: nowMs, startedAtMs: nowMs, lostSeconds: 1, release: null } as const;
  await store.settle([{ ...makeSettlement(lease, { kind: "give-up", counts: "error", reason: "x" }, nowMs), occurrence }]);
  const events: RuntimeEvent[] = [];
  const running: Scene["running"] = [];
  const updatedAtMs: Scene["updatedAtMs"] = new Map();
  const open = async (): Promise<ValidationWatch> => {
    const watch = await watchValidations({
      store,
      clock,
      running: () => running,
      lastUpdateAtMs: (service) => updatedAtMs.get(service) ?? null,
      publish: (event) => events.push(event),
      onError: (error) => {
        throw error;
      },
    });
    context.after(() => watch.stop());
    return watch;
  };
  return { store, clock, events, running, updatedAtMs, open };
}

function ended(type: string, difference: Partial<Extract<RuntimeEvent, { kind: "attempt.ended" }>> = {}): RuntimeEvent {
  return {
    kind: "attempt.ended",
    atMs: 0,
    jobId: "j",
    attemptId: "a",
    attempt: 1,
    type,
    lane: "default",
    cause: "succeeded",
    summary: "",
    startedAtMs: -1,
    wallMs: 1,
    memoryPeakBytes: 10,
    pidsPeak: 5,
    incidentId: null,
    leaks: [],
    next: "complete",
    retryAtMs: null,
    movedTo: null,
    ...difference,
  };
}

function recurred(incidentId: string): RuntimeEvent {
  return { kind: "incident.recurred", atMs: 0, incidentId, jobId: "j", attemptId: "a", type: "report.import", lane: "default", cause: "failed", title: "t" };
}

describe("the watch over a fix", () => {
  it("of a lane that tripped looks at every attempt in it", async (context) => {
    const scene = await makeScene(context);
    const watch = await scene.open();
    const laneId = `i_${"8".repeat(32)}`;
    const detail = { reason: "5 of 5", facts: [], ends: [], done: [] };
    await scene.store.addTrouble({ incidentId: laneId, cause: "tripped", scope: "lane", name: "browser", title: "t", atMs: scene.clock.nowMs(), release: null, detail });
    await watch.add(beginValidation("v_1", laneId, ["pids < 150 for 1m", "occurrences < 1 for 1h"].map(parseRule), scene.clock.nowMs()));
    scene.running.push({ type: "a", lane: "browser", pids: 90, memoryBytes: 5 }, { type: "b", lane: "default", pids: 900, memoryBytes: 5 });
    watch.hear(ended("c", { lane: "browser", pidsPeak: 120 }));
    await watch.look();
    const [record] = await scene.store.validations(laneId, null);
    assert.deepEqual([record?.state, record?.rules[0]?.worst], ["watching", 120]);
    watch.hear(recurred(laneId));
    await watch.look();
    assert.equal((await scene.store.validations(laneId, null))[0]?.state, "failed");
  });

  it("sees what runs, and says when every rule has held", async (context) => {
    const scene = await makeScene(context);
    const watch = await scene.open();
    await watch.add(beginValidation("v_1", ID, ["pids < 150 for 1m", "occurrences < 1 for 1m"].map(parseRule), scene.clock.nowMs()));
    scene.running.push({ type: "report.import", lane: "default", pids: 90, memoryBytes: 5 }, { type: "another", lane: "default", pids: 900, memoryBytes: 5 });
    await scene.clock.pass(70_000);
    await watch.look();
    const [record] = await scene.store.validations(ID, null);
    assert.equal(record?.state, "passed");
    assert.equal(record?.rules[0]?.worst, 90);
    assert.ok(scene.events.some(({ kind }) => kind === "validation.passed"));
  });

  it("a service is as fresh as its last update, also while it is started again; silent for too long it fails", async (context) => {
    const { clock, store, updatedAtMs, open } = await makeScene(context);
    const serviceId = `i_${"9".repeat(32)}`;
    const detail = { reason: "restarts did not help", facts: [], ends: [], done: [] };
    await store.addTrouble({ incidentId: serviceId, cause: "escalated", scope: "service", name: "scores.live", title: "t", atMs: clock.nowMs(), release: null, detail });
    const watch = await open();
    await watch.add(beginValidation("v_1", serviceId, [parseRule("staleness_seconds < 60 for 24h")], clock.nowMs()));
    const worst = async () => (await store.validations(serviceId, null))[0]?.rules[0]?.worst;
    for (let second = 0; second < 120; second += 1) {
      updatedAtMs.set("scores.live", clock.nowMs());
      await clock.pass(1000);
    }
    await watch.look();
    assert.equal(await worst(), 1);
    updatedAtMs.delete("scores.live");
    await clock.pass(30_000);
    await watch.look();
    assert.deepEqual([await worst(), (await store.validations(serviceId, "watching")).length], [31, 1]);
    await clock.pass(30_000);
    await watch.look();
    assert.equal((await store.validations(serviceId, "failed")).length, 1);
  });

  it("fails by a peak between two looks, and by a new occurrence", async (context) => {
    const scene = await makeScene(context);
    const watch = await scene.open();
    await watch.add(beginValidation("v_1", ID, [parseRule("pids < 150 for 1h")], scene.clock.nowMs()));
    await watch.add(beginValidation("v_2", ID, [parseRule("occurrences < 1 for 1h")], scene.clock.nowMs()));
    watch.hear(ended("report.import", { pidsPeak: 200, incidentId: ID, cause: "failed" }));
    watch.hear(recurred(ID));
    await watch.look();
    assert.deepEqual((await scene.store.validations(ID, "failed")).map(({ id }) => id).sort(), ["v_1", "v_2"]);
    assert.equal(scene.events.filter(({ kind }) => kind === "validation.failed").length, 2);
  });

  it("is taken up by the next runtime, with the time in between as a gap", async (context) => {
    const scene = await makeScene(context);
    const first = await scene.open();
    await first.add(beginValidation("v_1", ID, [parseRule("staleness_seconds < 600 for 1h")], scene.clock.nowMs()));
    await scene.clock.pass(60_000);
    await first.stop();
    await scene.clock.pass(3_600_000);
    const second = await scene.open();
    await scene.clock.pass(40_000);
    await second.look();
    const [record] = await scene.store.validations(ID, "watching");
    assert.ok((record?.unwatchedMs ?? 0) >= 3_600_000, String(record?.unwatchedMs));
  });
});
