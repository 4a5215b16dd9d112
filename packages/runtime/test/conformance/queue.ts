// The conformance suite of the queue port: every engine passes the same cases, driven through the port alone.
import { after, before, test, describe } from "node:test";
import assert from "node:assert/strict";
import type { Lease, NewJob, Next } from "../../src/model/index.ts";
import type { QueueCount, QueuePort } from "../../src/store/ports.ts";
import { makeId } from "../../src/model/index.ts";
import { makeJob, makeSettlement, type AttemptWish } from "./make.ts";
import { queueModelConformance } from "./queue-model.ts";

export interface OpenedQueue {
  readonly queue: QueuePort;
  close(): Promise<void>;
}

/** A lane of its own for every case, so that one opened queue serves them all. */
export interface Case {
  readonly queue: QueuePort;
  readonly lane: string;
  readonly type: string;
  readonly nowMs: number;
  job(given?: Partial<NewJob>): NewJob;
  claim(given?: { readonly limit?: number; readonly perType?: ReadonlyMap<string, number>; readonly nowMs?: number; readonly lane?: string }): Promise<readonly Lease[]>;
  claimOne(nowMs?: number): Promise<Lease>;
  settle(lease: Lease, next: Next, wish?: AttemptWish): Promise<"settled" | "stale">;
  counts(): Promise<Readonly<Record<string, number>>>;
  count(state: QueueCount["state"]): Promise<QueueCount | undefined>;
}

const START_MS = 1_790_000_000_000;
let lastCase = 0;

export function makeCase(queue: QueuePort): Case {
  lastCase += 1;
  const lane = `lane-${lastCase}`;
  const type = `type-${lastCase}`;
  const nowMs = START_MS + lastCase * 1_000_000;
  let lastJob = 0;
  const claim: Case["claim"] = (given = {}) =>
    queue.claim({ lane: given.lane ?? lane, limit: given.limit ?? 100, perType: given.perType ?? new Map(), nowMs: given.nowMs ?? nowMs, owner: "r_1" });
  const ownCounts = async (): Promise<readonly QueueCount[]> => (await queue.counts()).filter((each) => each.lane === lane);
  return {
    queue,
    lane,
    type,
    nowMs,
    job(given = {}) {
      lastJob += 1;
      const random = new Uint8Array(10);
      new DataView(random.buffer).setUint32(0, lastCase);
      new DataView(random.buffer).setUint32(6, lastJob);
      return makeJob({ id: makeId("job", nowMs, random), lane, type, createdAtMs: nowMs, ...given });
    },
    claim,
    async claimOne(atMs = nowMs) {
      const [lease, ...more] = await claim({ limit: 1, nowMs: atMs });
      assert.ok(lease !== undefined && more.length === 0, "exactly one job can be claimed");
      return lease;
    },
    async settle(lease, next, wish) {
      const [outcome] = await queue.settle([makeSettlement(lease, next, lease.leasedAtMs + 10, wish)]);
      assert.ok(outcome !== undefined, "every settlement has an outcome");
      return outcome === "stale" ? outcome : "settled";
    },
    async counts() {
      const found: Record<string, number> = {};
      for (const each of await ownCounts()) found[each.state] = (found[each.state] ?? 0) + each.count;
      return found;
    },
    count: async (state) => (await ownCounts()).find((each) => each.state === state),
  };
}

const COMPLETE: Next = { kind: "complete" };
const GIVE_UP: Next = { kind: "give-up", counts: "error", reason: "no attempts left" };
const QUARANTINE: Next = { kind: "quarantine", counts: "death", reason: "it killed its worker" };
const retryAt = (runAtMs: number, counts: "error" | "death" | "none" = "error"): Next => ({ kind: "retry", runAtMs, counts, reason: "it may work next time" });

/** Registers the cases for one engine. */
export function queueConformance(name: string, openQueue: () => Promise<OpenedQueue>): void {
  describe(`queue conformance: ${name}`, () => {
    let opened: OpenedQueue | null = null;
    before(async () => {
      opened = await openQueue();
    });
    after(() => opened?.close());
    const inCase = (title: string, run: (given: Case) => Promise<void>): void => {
      test(title, async () => {
        assert.ok(opened !== null);
        await run(makeCase(opened.queue));
      });
    };
    enqueueCases(inCase);
    claimCases(inCase);
    settleCases(inCase);
    leaseCases(inCase);
    uniqueCases(inCase);
    operatorCases(inCase);
    queueModelConformance(inCase);
  });
}

export type InCase = (title: string, run: (given: Case) => Promise<void>) => void;

function enqueueCases(inCase: InCase): void {
  inCase("results come in the order of the items; a future run time means scheduled", async ({ queue, job, nowMs, counts }) => {
    const items = [job(), job({ runAtMs: nowMs + 5000 }), job()];
    const results = await queue.enqueue(items);
    assert.deepEqual(
      results,
      items.map((item, index) => ({ id: item.id, state: index === 1 ? "scheduled" : "ready", deduplicated: false })),
    );
    assert.deepEqual(await counts(), { ready: 2, scheduled: 1 });
    assert.deepEqual(await queue.enqueue([]), []);
  });

  inCase("all or nothing: one impossible item leaves none of its call, and no other call suffers", async ({ queue, job, counts }) => {
    const taken = job();
    await queue.enqueue([taken]);
    const [before, bad, after] = await Promise.allSettled([queue.enqueue([job(), job()]), queue.enqueue([job(), job({ id: taken.id }), job()]), queue.enqueue([job()])]);
    assert.deepEqual([before.status, bad.status, after.status], ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual(await counts(), { ready: 4 });
  });

  inCase("inputs come back as they were given, small, large and in any script", async ({ queue, job, claim }) => {
    const inputs = ["null", '{"text":"größer 漢字 🚢"}', JSON.stringify({ large: "x".repeat(300_000) }), '"\\u0000"'];
    await queue.enqueue(inputs.map((input) => job({ input })));
    assert.deepEqual(
      (await claim()).map((lease) => lease.input),
      inputs,
    );
  });
}

function claimCases(inCase: InCase): void {
  inCase("highest priority first, then earliest run time, then id; never more than asked for", async ({ queue, job, nowMs, claim }) => {
    const [low, late, early, high, twin] = [job({ priority: -5 }), job(), job({ runAtMs: nowMs - 1000 }), job({ priority: 7 }), job()];
    await queue.enqueue([twin, low, late, high, early]);
    const ids = async (limit: number): Promise<readonly string[]> => (await claim({ limit })).map((lease) => lease.jobId);
    assert.deepEqual(await ids(2), [high.id, early.id]);
    assert.deepEqual(await ids(0), []);
    assert.deepEqual(await ids(100), [late.id, twin.id, low.id]);
    assert.deepEqual(await ids(100), []);
  });

  inCase("the order holds across types of one lane", async ({ queue, job, claim }) => {
    const items = [job({ type: "a", priority: 1 }), job({ type: "b", priority: 3 }), job({ type: "a", priority: 5 }), job({ type: "c", priority: 2 })];
    await queue.enqueue(items);
    assert.deepEqual(
      (await claim({ limit: 3 })).map((lease) => lease.jobId),
      [items[2]?.id, items[1]?.id, items[3]?.id],
    );
  });

  inCase("a type takes no more than it may; others pass it", async ({ queue, job, claim }) => {
    await queue.enqueue([job({ type: "a" }), job({ type: "a" }), job({ type: "b" }), job({ type: "c" }), job({ type: "c" }), job({ type: "c" })]);
    const perType = new Map([
      ["a", 0],
      ["c", 2],
    ]);
    assert.deepEqual((await claim({ perType })).map((lease) => lease.type).sort(), ["b", "c", "c"]);
    assert.deepEqual((await claim({ limit: 1, perType: new Map([["a", 5]]) })).length, 1);
  });

  inCase("lanes do not see each other", async ({ queue, job, lane, claim }) => {
    await queue.enqueue([job({ lane: `${lane}-other` }), job()]);
    assert.equal((await claim()).length, 1);
    assert.equal((await claim()).length, 0);
    assert.equal((await claim({ lane: `${lane}-other` })).length, 1);
  });

  inCase("a scheduled job is claimed when its time has come, not before", async ({ queue, job, nowMs, claim }) => {
    await queue.enqueue([job({ runAtMs: nowMs + 500 })]);
    assert.equal(await queue.nextDueMs(), nowMs + 500);
    assert.equal((await claim({ nowMs: nowMs + 499 })).length, 0);
    assert.equal((await claim({ nowMs: nowMs + 500 })).length, 1);
    assert.notEqual(await queue.nextDueMs(), nowMs + 500);
  });

  inCase("a lease says all that the attempt needs", async ({ queue, job, nowMs, claim, lane, type }) => {
    const item = job({ input: '{"n":1}', createdAtMs: nowMs - 9000, runAtMs: nowMs - 500 });
    await queue.enqueue([item]);
    const [lease] = await claim();
    assert.ok(lease !== undefined);
    const { token, attemptId, ...rest } = lease;
    assert.deepEqual(rest, { jobId: item.id, attempt: 1, type, lane, input: '{"n":1}', checkpoint: null, errors: 0, deaths: 0, leasedAtMs: nowMs, runAtMs: nowMs - 500 });
    assert.match(attemptId, /^a_[0-9a-f]{32}$/);
    assert.notEqual(token, "");
  });

  inCase("many claims at once never lease a job twice", async ({ queue, job, claim }) => {
    const items = Array.from({ length: 200 }, () => job());
    await queue.enqueue(items);
    const leases = (await Promise.all(Array.from({ length: 20 }, () => claim({ limit: 15 })))).flat();
    assert.equal(leases.length, 200);
    assert.equal(new Set(leases.map((lease) => lease.jobId)).size, 200);
    assert.equal(new Set(leases.map((lease) => lease.token)).size, 200);
    assert.equal(new Set(leases.map((lease) => lease.attemptId)).size, 200);
  });

  inCase("counts tell every state, and the oldest of the ready ones", async ({ queue, job, nowMs, claimOne, count }) => {
    await queue.enqueue([job({ priority: 9 }), job({ runAtMs: nowMs - 70 }), job({ priority: 2, runAtMs: nowMs - 30 })]);
    assert.equal((await count("ready"))?.oldestReadyMs, nowMs - 70);
    await claimOne();
    assert.deepEqual([(await count("ready"))?.count, (await count("running"))?.count], [2, 1]);
    assert.equal((await count("running"))?.oldestReadyMs, null);
  });
}

function settleCases(inCase: InCase): void {
  inCase("each decision moves the job to its state", async ({ queue, job, claim, settle, counts, nowMs }) => {
    const nexts: readonly Next[] = [COMPLETE, GIVE_UP, QUARANTINE, retryAt(nowMs + 60_000), retryAt(nowMs), { kind: "cancelled", reason: "asked" }];
    await queue.enqueue(nexts.map(() => job()));
    const leases = await claim();
    for (const [index, next] of nexts.entries()) {
      const lease = leases[index];
      assert.ok(lease !== undefined);
      assert.equal(await settle(lease, next, { result: '{"rows":3}' }), "settled");
    }
    assert.deepEqual(await counts(), { succeeded: 1, failed: 1, quarantined: 1, retrying: 1, ready: 1, cancelled: 1 });
  });

  inCase("only the holder settles, and only once", async ({ queue, job, claimOne, settle, counts }) => {
    await queue.enqueue([job()]);
    const lease = await claimOne();
    assert.equal(await settle({ ...lease, token: `${lease.token.slice(0, -1)}x` }, COMPLETE), "stale");
    assert.equal(await settle({ ...lease, jobId: `${lease.jobId.slice(0, -1)}x` }, COMPLETE), "stale");
    assert.equal(await settle(lease, COMPLETE), "settled");
    assert.equal(await settle(lease, GIVE_UP), "stale");
    assert.deepEqual(await counts(), { succeeded: 1 });
  });

  inCase("a holder that was overtaken is stale, the new one is not", async ({ queue, job, claimOne, settle, counts }) => {
    await queue.enqueue([job()]);
    const first = await claimOne();
    await queue.release([first]);
    const second = await claimOne();
    assert.notEqual(first.token, second.token);
    assert.equal(await settle(first, COMPLETE), "stale");
    assert.equal(await queue.checkpoint(first, "1"), "stale");
    await queue.release([first]);
    assert.deepEqual(await counts(), { running: 1 });
    assert.equal(await settle(second, COMPLETE), "settled");
  });

  inCase("settlements of one call are independent of each other", async ({ queue, job, claim, counts }) => {
    await queue.enqueue([job(), job(), job()]);
    const leases = await claim();
    const [first, second, third] = leases;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    await queue.release([second]);
    const outcomes = await queue.settle(leases.map((lease) => makeSettlement(lease, COMPLETE, lease.leasedAtMs + 5)));
    assert.deepEqual(outcomes, [{ next: COMPLETE, incident: null }, "stale", { next: COMPLETE, incident: null }]);
    assert.deepEqual(await counts(), { succeeded: 2, ready: 1 });
  });

  inCase("errors and deaths are counted apart; a drain counts as neither", async ({ queue, job, claimOne, settle, nowMs }) => {
    await queue.enqueue([job()]);
    await settle(await claimOne(), retryAt(nowMs, "error"));
    await settle(await claimOne(nowMs + 20), retryAt(nowMs, "death"));
    await settle(await claimOne(nowMs + 40), retryAt(nowMs, "none"));
    const lease = await claimOne(nowMs + 60);
    assert.deepEqual([lease.attempt, lease.errors, lease.deaths], [4, 1, 1]);
  });

  inCase("a retry waits for its time", async ({ queue, job, claim, claimOne, settle, nowMs }) => {
    await queue.enqueue([job()]);
    await settle(await claimOne(), retryAt(nowMs + 900));
    assert.equal(await queue.nextDueMs(), nowMs + 900);
    assert.equal((await claim({ nowMs: nowMs + 899 })).length, 0);
    assert.equal((await claimOne(nowMs + 900)).attempt, 2);
  });
}

function leaseCases(inCase: InCase): void {
  inCase("a release costs the job nothing", async ({ queue, job, claimOne, counts }) => {
    const item = job();
    await queue.enqueue([item]);
    assert.deepEqual(await queue.release([await claimOne()]), []);
    assert.deepEqual(await queue.release([]), []);
    assert.deepEqual(await counts(), { ready: 1 });
    const lease = await claimOne();
    assert.deepEqual([lease.jobId, lease.attempt, lease.errors, lease.deaths], [item.id, 1, 0, 0]);
  });

  inCase("the next attempt gets the last checkpoint", async ({ queue, job, claimOne, settle, nowMs }) => {
    await queue.enqueue([job()]);
    const lease = await claimOne();
    assert.equal(await queue.checkpoint(lease, '{"offset":10}'), "settled");
    assert.equal(await queue.checkpoint(lease, '{"offset":20}'), "settled");
    await settle(lease, retryAt(nowMs));
    assert.equal((await claimOne(nowMs + 20)).checkpoint, '{"offset":20}');
  });

  inCase("a job that succeeded and is run again starts afresh", async ({ queue, job, claimOne, settle, nowMs }) => {
    const item = job();
    await queue.enqueue([item]);
    const lease = await claimOne();
    await queue.checkpoint(lease, '{"offset":20}');
    await settle(lease, COMPLETE);
    assert.equal(await queue.checkpoint(lease, '{"offset":30}'), "stale");
    assert.equal(await queue.retry(item.id, nowMs), "ready");
    assert.equal((await claimOne()).checkpoint, null);
  });
}

function uniqueCases(inCase: InCase): void {
  inCase("a unique key is held until the job has ended", async ({ queue, job, claimOne, settle, nowMs, lane }) => {
    const first = job({ uniqueKey: "nightly" });
    const again = async (): Promise<string> => {
      const [result] = await queue.enqueue([job({ uniqueKey: "nightly" })]);
      assert.ok(result !== undefined);
      return result.deduplicated ? `${result.id === first.id ? "first" : "other"} ${result.state}` : "new";
    };
    await queue.enqueue([first]);
    assert.equal(await again(), "first ready");
    const lease = await claimOne();
    assert.equal(await again(), "first running");
    await settle(lease, retryAt(nowMs + 100));
    assert.equal(await again(), "first retrying");
    await settle(await claimOne(nowMs + 100), QUARANTINE);
    assert.equal(await again(), "first quarantined");
    assert.equal(await queue.releaseQuarantined(first.id, null, nowMs), "ready");
    await settle(await claimOne(), COMPLETE);
    assert.equal(await again(), "new");
    const [other] = await queue.enqueue([job({ uniqueKey: "nightly", lane: `${lane}-other` })]);
    assert.equal(other?.deduplicated, true, "the key counts in every lane");
    const [another] = await queue.enqueue([job({ uniqueKey: "nightly", type: "another.type" })]);
    assert.equal(another?.deduplicated, false, "the key counts within its type");
  });

  inCase("unique keys hold within one call and among calls at once", async ({ queue, job, counts }) => {
    const [first, second] = await queue.enqueue([job({ uniqueKey: "k" }), job({ uniqueKey: "k" })]);
    assert.deepEqual([first?.deduplicated, second?.deduplicated, second?.id === first?.id], [false, true, true]);
    const results = (await Promise.all(Array.from({ length: 10 }, () => queue.enqueue([job({ uniqueKey: "m" })])))).flat();
    assert.equal(results.filter((result) => !result.deduplicated).length, 1);
    assert.deepEqual(await counts(), { ready: 2 });
  });

  inCase("a job cannot be run again while another one holds its unique key", async ({ queue, job, claimOne, settle, nowMs, counts }) => {
    const first = job({ uniqueKey: "k" });
    await queue.enqueue([first]);
    await settle(await claimOne(), GIVE_UP);
    await queue.enqueue([job({ uniqueKey: "k" })]);
    await assert.rejects(queue.retry(first.id, nowMs), { code: "unique_key_taken" });
    assert.deepEqual(await counts(), { failed: 1, ready: 1 });
  });

  inCase("a schedule's slot is taken for ever", async ({ queue, job, claimOne, settle, type }) => {
    const scheduleSlot = `${type}@1790000000000`;
    const first = job({ scheduleSlot });
    await queue.enqueue([first]);
    await settle(await claimOne(), COMPLETE);
    assert.deepEqual(await queue.enqueue([job({ scheduleSlot })]), [{ id: first.id, state: "succeeded", deduplicated: true }]);
    assert.equal(await queue.remove(first.id), "removed");
    const [result] = await queue.enqueue([job({ scheduleSlot })]);
    assert.deepEqual([result?.id, result?.deduplicated], [first.id, true]);
  });
}

function operatorCases(inCase: InCase): void {
  inCase("cancel: a waiting job ends, a running one is only asked to", async ({ queue, job, claimOne, settle, nowMs, counts }) => {
    const [waiting, later, running] = [job(), job({ runAtMs: nowMs + 1000 }), job({ priority: 5 })];
    await queue.enqueue([waiting, later, running]);
    const lease = await claimOne();
    const cancel = (id: string): Promise<string> => queue.cancel(id, "anna", "not needed", nowMs);
    assert.deepEqual([await cancel(waiting.id), await cancel(later.id), await cancel(running.id)], ["cancelled", "cancelled", "running"]);
    assert.deepEqual([await cancel(waiting.id), await cancel(`${waiting.id.slice(0, -1)}x`)], ["ended", "missing"]);
    assert.deepEqual(await counts(), { cancelled: 2, running: 1 });
    assert.equal(await settle(lease, { kind: "cancelled", reason: "asked" }), "settled");
    assert.deepEqual(await counts(), { cancelled: 3 });
  });

  inCase("a settlement is answered with what became of the job", async ({ queue, job, claimOne, nowMs }) => {
    await queue.enqueue([job()]);
    const lease = await claimOne();
    await queue.cancel(lease.jobId, "anna", "", nowMs);
    const [outcome] = await queue.settle([makeSettlement(lease, retryAt(nowMs), nowMs)]);
    assert.ok(outcome !== undefined && outcome !== "stale");
    assert.equal(outcome.next.kind, "cancelled");
  });

  inCase("a cancel that was accepted is never lost", async ({ queue, job, claim, settle, nowMs, counts }) => {
    await queue.enqueue([job(), job(), job()]);
    const [retried, released, finished] = await claim();
    assert.ok(retried !== undefined && released !== undefined && finished !== undefined);
    for (const lease of [retried, released, finished]) await queue.cancel(lease.jobId, "anna", "", nowMs);
    await settle(retried, retryAt(nowMs));
    assert.deepEqual(await queue.release([released]), [released.jobId], "it ends here, and whoever gave it back can say so");
    await settle(finished, COMPLETE);
    assert.deepEqual(await counts(), { cancelled: 2, succeeded: 1 });
  });

  inCase("retry: an ended or quarantined job is ready again, with its counters reset", async ({ queue, job, claimOne, settle, nowMs }) => {
    const item = job();
    await queue.enqueue([item]);
    assert.equal(await queue.retry(item.id, nowMs), "not-ended");
    for (const next of [COMPLETE, GIVE_UP, QUARANTINE, { kind: "cancelled", reason: "asked" } satisfies Next]) {
      const lease = await claimOne();
      assert.equal(await queue.retry(item.id, nowMs), "not-ended");
      await settle(lease, next);
      assert.equal(await queue.retry(item.id, nowMs), "ready");
    }
    const lease = await claimOne();
    assert.deepEqual([lease.attempt, lease.errors, lease.deaths], [5, 0, 0]);
    assert.equal(await queue.retry(`${item.id.slice(0, -1)}x`, nowMs), "missing");
  });

  inCase("quarantine: a job stays until it is released, also to another lane, or discarded", async ({ queue, job, lane, claim, claimOne, settle, nowMs, counts }) => {
    const items = [job(), job(), job()];
    await queue.enqueue(items);
    for (const lease of await claim()) await settle(lease, QUARANTINE);
    assert.deepEqual(await claim({ nowMs: nowMs + 1_000_000 }), []);
    const [first, second, third] = items.map((item) => item.id);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.equal(await queue.releaseQuarantined(first, null, nowMs), "ready");
    assert.equal(await queue.releaseQuarantined(second, `${lane}-large`, nowMs), "ready");
    assert.equal(await queue.discardQuarantined(third, nowMs), "discarded");
    assert.equal((await claimOne()).jobId, first);
    assert.equal((await claim({ lane: `${lane}-large` }))[0]?.jobId, second);
    assert.deepEqual(await counts(), { running: 1, failed: 1 });
    assert.equal(await queue.releaseQuarantined(first, null, nowMs), "not-quarantined");
    assert.equal(await queue.discardQuarantined(third, nowMs), "not-quarantined");
    assert.equal(await queue.releaseQuarantined(`${first.slice(0, -1)}x`, null, nowMs), "missing");
    assert.equal(await queue.discardQuarantined(`${first.slice(0, -1)}x`, nowMs), "missing");
  });

  inCase("a retry may move a job to another lane; one that a guard held back is stored in quarantine", async ({ queue, job, lane, claim, claimOne, settle, nowMs, counts }) => {
    const moved = job();
    const held = { ...job(), diversion: { kind: "quarantine", by: "size-guard", reason: "too large" } } as const;
    const results = await queue.enqueue([moved, held]);
    assert.deepEqual(
      results.map(({ state }) => state),
      ["ready", "quarantined"],
    );
    await settle(await claimOne(), { kind: "retry", runAtMs: nowMs, counts: "death", reason: "it died of memory", lane: `${lane}-large` });
    assert.deepEqual(await claim(), []);
    assert.deepEqual(await counts(), { quarantined: 1 });
    const [again] = await claim({ lane: `${lane}-large` });
    assert.deepEqual([again?.jobId, again?.lane, again?.attempt, again?.deaths], [moved.id, `${lane}-large`, 2, 1]);
    assert.equal(await queue.releaseQuarantined(held.id, null, nowMs), "ready");
    assert.equal((await claimOne()).jobId, held.id);
  });

  inCase("reschedule: changes what waits", async ({ queue, job, lane, claim, claimOne, settle, nowMs, counts }) => {
    const [first, second] = [job(), job()];
    await queue.enqueue([first, second]);
    assert.equal(await queue.reschedule(second.id, { priority: 50 }, nowMs), "changed");
    assert.equal((await claimOne()).jobId, second.id);
    assert.equal(await queue.reschedule(second.id, { priority: 1 }, nowMs), "running");
    assert.equal(await queue.reschedule(first.id, { runAtMs: nowMs + 700 }, nowMs), "changed");
    assert.deepEqual(await counts(), { running: 1, scheduled: 1 });
    assert.equal(await queue.nextDueMs(), nowMs + 700);
    assert.equal(await queue.reschedule(first.id, { runAtMs: nowMs, lane: `${lane}-other` }, nowMs), "changed");
    const [lease] = await claim({ lane: `${lane}-other` });
    assert.equal(lease?.jobId, first.id);
    assert.ok(lease !== undefined);
    await settle(lease, COMPLETE);
    assert.equal(await queue.reschedule(first.id, { priority: 1 }, nowMs), "ended");
    assert.equal(await queue.reschedule(`${first.id.slice(0, -1)}x`, { priority: 1 }, nowMs), "missing");
  });

  inCase("remove: anything but a running job", async ({ queue, job, claimOne, settle, counts }) => {
    const [first, second] = [job({ priority: 1 }), job()];
    await queue.enqueue([first, second]);
    const lease = await claimOne();
    assert.equal(await queue.remove(first.id), "running");
    assert.equal(await queue.remove(second.id), "removed");
    assert.equal(await queue.remove(second.id), "missing");
    await settle(lease, GIVE_UP);
    assert.equal(await queue.remove(first.id), "removed");
    assert.deepEqual(await counts(), {});
  });
}
