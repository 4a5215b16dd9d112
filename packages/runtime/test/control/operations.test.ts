import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createOperations, type Control, type Operation, type Operations } from "../../src/control/index.ts";
import { systemChance, systemClock } from "../../src/platform/index.ts";
import { startTestHost, type TestHost } from "../http/host.ts";

const REQUEST = { filter: { tag: "op" }, by: "test", reason: "because", cursor: null };

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

  const withControl = (changes: Partial<Control>) => createOperations({ control: { ...host.control, ...changes }, clock: systemClock, chance: systemChance });
  const addMany = (count: number, tag: string) => host.control.enqueueMany(Array.from({ length: count }, () => ({ type: "echo", tags: [tag] })));

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
    const { id } = first.start({ action: "cancel", ...REQUEST });
    const stopped = await ended(first, id);
    await stopping;
    assert.deepEqual([stopped.state, stopped.seen], ["stopped", 200]);
    const second = withControl({
      cancel: async (jobId) => {
        cancelled.push(jobId);
        return "cancelled";
      },
    });
    const rest = await ended(second, second.start({ action: "cancel", ...REQUEST, cursor: stopped.cursor }).id);
    assert.deepEqual([rest.state, rest.seen], ["done", 300]);
    assert.equal(new Set(cancelled).size, 500);
    assert.equal(cancelled.length, 500);
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
    const operation = await ended(operations, operations.start({ action: "cancel", ...REQUEST, filter: { tag: "mixed" } }).id);
    assert.deepEqual([operation.changed, operation.skipped, operation.failed], [1, 1, 1]);
    assert.equal(operation.failures[0]?.detail, "the disk is on fire");
  });

  it("stops with its cursor when the store fails", async () => {
    const operations = withControl({ jobs: () => Promise.reject(new Error("closed")) });
    const operation = await ended(operations, operations.start({ action: "cancel", ...REQUEST }).id);
    assert.deepEqual([operation.state, operation.failures.at(-1)?.detail], ["stopped", "closed"]);
    assert.notEqual(operation.endedAtMs, null);
  });
});
