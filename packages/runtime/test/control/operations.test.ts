import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createOperations, type Control, type Operation, type Operations } from "../../src/control/index.ts";
import { systemChance, systemClock } from "../../src/platform/index.ts";
import { startTestHost, type TestHost } from "../http/host.ts";

const REQUEST = { filter: { tag: "op" }, by: "test", reason: "because", lane: null, canary: 0, cursor: null };

async function ended(operations: Operations, id: string): Promise<Operation> {
  for (;;) {
    const operation = operations.find(id);
    if (operation.state !== "running") return operation;
    await new Promise(setImmediate);
  }
}

describe("bulk operations", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  const withControl = (changes: Partial<Control>) => createOperations({ control: { ...host.control, ...changes }, journal: host.store, clock: systemClock, chance: systemChance });
  const addMany = (count: number, tag: string) => host.control.enqueueMany(Array.from({ length: count }, () => ({ type: "echo", tags: [tag] })));

  it("one that a runtime left unfinished is ended by the next one, under its id, and is not begun a third time", async () => {
    await addMany(500, "restart");
    const cancelled: string[] = [];
    const cancel = async (jobId: string): Promise<"cancelled"> => {
      cancelled.push(jobId);
      return "cancelled";
    };
    let stopping: Promise<void> = Promise.resolve();
    const first = withControl({
      cancel,
      jobs: async (filter, page) => {
        if (page.cursor === null) stopping = first.close();
        return host.control.jobs(filter, page);
      },
    });
    const { id } = await first.start({ action: "cancel", ...REQUEST, filter: { tag: "restart" } });
    await ended(first, id);
    await stopping;
    const second = withControl({ cancel });
    await second.resume();
    const rest = await ended(second, id);
    await second.close();
    assert.deepEqual([rest.state, rest.seen, rest.changed], ["done", 500, 500]);
    assert.deepEqual([cancelled.length, new Set(cancelled).size], [500, 500]);
    const third = withControl({ cancel });
    await third.resume();
    await third.close();
    assert.deepEqual([third.find(id).state, cancelled.length], ["done", 500]);
  });

  it("one that was interrupted goes on from its cursor and touches no job twice", async () => {
    await addMany(500, "op");
    const cancelled: string[] = [];
    const first = withControl({
      cancel: async (id) => {
        cancelled.push(id);
        return "cancelled";
      },
      jobs: async (filter, page) => {
        const answer = await host.control.jobs(filter, page);
        // The end of the runtime comes while the first chunk is at work.
        if (page.cursor === null) stopping = first.close();
        return answer;
      },
    });
    let stopping: Promise<void> = Promise.resolve();
    const { id } = await first.start({ action: "cancel", ...REQUEST });
    const stopped = await ended(first, id);
    await stopping;
    assert.deepEqual([stopped.state, stopped.seen], ["stopped", 200]);
    const second = withControl({
      cancel: async (jobId) => {
        cancelled.push(jobId);
        return "cancelled";
      },
    });
    const rest = await ended(second, (await second.start({ action: "cancel", ...REQUEST, cursor: stopped.cursor })).id);
    assert.deepEqual([rest.state, rest.seen], ["done", 300]);
    assert.equal(new Set(cancelled).size, 500);
    assert.equal(cancelled.length, 500);
  });

  it("one that ended with its runtime while the first ones ran stays stopped", async () => {
    const ids = await quarantine(3, "watched");
    const first = withControl({});
    const { id } = await first.start({ ...REQUEST, action: "release", filter: { tag: "watched" }, canary: 1 });
    await released(first, id);
    await first.close();
    const second = withControl({});
    await second.resume();
    await second.close();
    const operation = second.find(id);
    assert.deepEqual([operation.state, operation.changed, operation.canary?.outcome], ["stopped", 1, "watching"]);
    assert.match(operation.failures.at(-1)?.detail ?? "", /the runtime ended while/);
    const states = await Promise.all(ids.map(async (each) => (await host.control.job(each)).state));
    assert.deepEqual(states.toSorted(), ["quarantined", "quarantined", "ready"]);
    await finish("large", "succeeded");
  });

  it("counts what could not be changed: skipped when the job moved on, failed when something broke", async () => {
    await addMany(3, "mixed");
    let turn = 0;
    const operations = withControl({
      cancel: async (id, options) => {
        turn += 1;
        if (turn === 1) throw new Error("the disk is on fire");
        if (turn === 2) await host.control.remove(id);
        return host.control.cancel(id, options);
      },
    });
    const operation = await ended(operations, (await operations.start({ action: "cancel", ...REQUEST, filter: { tag: "mixed" } })).id);
    assert.deepEqual([operation.changed, operation.skipped, operation.failed], [1, 1, 1]);
    assert.equal(operation.failures[0]?.detail, "the disk is on fire");
  });

  /** Quarantined jobs of one tag. */
  async function quarantine(count: number, tag: string): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const id = await host.add({ lane: "large", tags: [tag], priority: 100 });
      await host.settle(await host.claim("large"), { kind: "quarantine", counts: "death", reason: "it died" });
      ids.push(id);
    }
    return ids;
  }

  /** Runs what is claimed next in the lane, to this state. */
  async function finish(lane: string, state: "succeeded" | "quarantined"): Promise<string> {
    const lease = await host.claim(lane);
    await host.settle(lease, state === "succeeded" ? { kind: "complete" } : { kind: "quarantine", counts: "death", reason: "again" });
    host.events.publish({ kind: "job.settled", atMs: 0, jobId: lease.jobId, type: lease.type, lane, state, cause: null });
    return lease.jobId;
  }

  async function released(operations: Operations, id: string): Promise<void> {
    while (operations.find(id).changed === 0) await new Promise(setImmediate);
  }

  it("release with a canary: the first one in the chosen lane, the others when it has succeeded", async () => {
    const ids = await quarantine(4, "canary");
    const operations = withControl({});
    const { id } = await operations.start({ ...REQUEST, action: "release", filter: { tag: "canary" }, lane: "default", canary: 1 });
    await released(operations, id);
    const [first] = operations.find(id).canary?.jobIds ?? [];
    assert.deepEqual([operations.find(id).canary?.outcome, operations.find(id).changed], ["watching", 1]);
    assert.equal(await finish("default", "succeeded"), first);
    const operation = await ended(operations, id);
    assert.deepEqual([operation.state, operation.changed, operation.canary?.outcome], ["done", 4, "passed"]);
    for (const each of ids.filter((job) => job !== first)) assert.deepEqual([(await host.control.job(each)).state, (await host.control.job(each)).lane], ["ready", "default"]);
    for (let left = 0; left < 3; left += 1) await finish("default", "succeeded");
  });

  it("a canary that does not come back stops the operation: the others stay in quarantine", async () => {
    const ids = await quarantine(3, "poison");
    const operations = withControl({});
    const { id } = await operations.start({ ...REQUEST, action: "release", filter: { tag: "poison" }, canary: 1 });
    await released(operations, id);
    await finish("large", "quarantined");
    const operation = await ended(operations, id);
    assert.deepEqual([operation.state, operation.changed, operation.canary?.outcome, operation.failed], ["stopped", 1, "failed", 1]);
    assert.match(operation.failures[0]?.detail ?? "", /went first and ended quarantined/);
    for (const each of ids) assert.equal((await host.control.job(each)).state, "quarantined");
  });

  it("a canary that cannot be released, or is deleted before it ends, stops the operation as well", async () => {
    await quarantine(2, "discarded");
    const meanwhile = withControl({
      releaseQuarantined: async (id, lane) => {
        await host.control.discardQuarantined(id);
        await host.control.releaseQuarantined(id, lane);
      },
    });
    const discarded = await ended(meanwhile, (await meanwhile.start({ ...REQUEST, action: "release", filter: { tag: "discarded" }, canary: 1 })).id);
    assert.deepEqual([discarded.state, discarded.skipped, discarded.canary?.outcome], ["stopped", 1, "failed"]);
    assert.match(discarded.failures[0]?.detail ?? "", /could no longer be released/);

    await quarantine(2, "deleted");
    const operations = withControl({});
    const { id } = await operations.start({ ...REQUEST, action: "release", filter: { tag: "deleted" }, canary: 1 });
    await released(operations, id);
    await host.control.remove(operations.find(id).canary?.jobIds[0] ?? "");
    const deleted = await ended(operations, id);
    assert.deepEqual([deleted.state, deleted.changed, deleted.canary?.outcome], ["stopped", 1, "failed"]);
    assert.match(deleted.failures[0]?.detail ?? "", /went first and ended removed/);
  });

  it("a lane that does not exist is refused, also when it is only asked for the number", async () => {
    const operations = withControl({});
    const request = { ...REQUEST, action: "release", lane: "larg" } as const;
    await assert.rejects(operations.start(request), { code: "unknown_lane", message: /"larg".*"large"/ });
    await assert.rejects(operations.preview(request, 10), { code: "unknown_lane" });
  });

  it("a lane or a canary is refused where nothing begins to run", async () => {
    const operations = withControl({});
    await assert.rejects(operations.start({ ...REQUEST, action: "cancel", canary: 1 }), /cancel takes no canary/);
    await assert.rejects(operations.start({ ...REQUEST, action: "discard", lane: "large" }), /discard takes no lane/);
  });

  it("stops with its cursor when the store fails", async () => {
    const operations = withControl({ jobs: () => Promise.reject(new Error("closed")) });
    const operation = await ended(operations, (await operations.start({ action: "cancel", ...REQUEST })).id);
    assert.deepEqual([operation.state, operation.failures.at(-1)?.detail], ["stopped", "closed"]);
    assert.notEqual(operation.endedAtMs, null);
  });
});
