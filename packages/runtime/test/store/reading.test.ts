import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lease, NewJob } from "../../src/model/index.ts";
import type { JobFilter, Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { openAt } from "./open-store.ts";

const NOW_MS = 1_790_000_000_000;

function idOf(number: number): string {
  return `j_${NOW_MS.toString(16).padStart(12, "0")}${String(number).padStart(20, "0")}`;
}

function numberOf(id: string): number {
  return Number(id.slice(-20));
}

describe("reading", () => {
  let dataDir = "";
  let store: Store;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "cofferdam-reading-"));
    store = await openAt(dataDir);
    await store.enqueue(Array.from({ length: 100 }, (_, number) => makeJob(jobOf(number))));
    const leases = await claim(40);
    await store.settle(
      leases.map((lease, index) =>
        index % 4 === 3
          ? makeSettlement(lease, { kind: "give-up", counts: "error", reason: "enough" }, NOW_MS + 1000 + index, { summary: `It failed with code ${index}_%` })
          : makeSettlement(lease, { kind: "complete" }, NOW_MS + index, { result: JSON.stringify({ rows: index }) }),
      ),
    );
    await claim(5);
  });
  after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const claim = (limit: number): Promise<readonly Lease[]> => store.claim({ lane: "default", limit, perType: new Map(), nowMs: NOW_MS + 50, owner: "r_1" });
  const numbers = async (filter: JobFilter, limit = 1000): Promise<readonly number[]> =>
    (await store.jobs(filter, { limit, cursor: null })).items.map((record) => numberOf(record.id));

  test("newest first, page by page, each job once", async () => {
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<Store["jobs"]>> = await store.jobs({}, { limit: 7, cursor });
      seen.push(...page.items.map((record) => numberOf(record.id)));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, index) => 99 - index),
    );
  });

  test("every filter by itself and together", async () => {
    const all = Array.from({ length: 100 }, (_, index) => 99 - index);
    assert.deepEqual(
      await numbers({ states: ["failed"] }),
      all.filter((number) => number < 40 && number % 4 === 3),
    );
    assert.deepEqual(
      await numbers({ states: ["running"] }),
      all.filter((number) => number >= 40 && number < 45),
    );
    assert.deepEqual(
      await numbers({ states: ["ready", "failed", "running"] }),
      all.filter((number) => number >= 40 || number % 4 === 3),
    );
    assert.deepEqual(
      await numbers({ states: ["succeeded"], type: "odd" }),
      all.filter((number) => number < 40 && number % 4 === 1),
    );
    assert.deepEqual(
      await numbers({ tag: "tenth" }),
      all.filter((number) => number % 10 === 0),
    );
    assert.deepEqual(await numbers({ lane: "no-such-lane" }), []);
    assert.deepEqual(await numbers({ states: [] }), []);
    assert.deepEqual((await numbers({ cause: "failed" })).length, 10);
    assert.deepEqual(await numbers({ createdSinceMs: NOW_MS + 98 }), [99, 98]);
    assert.deepEqual(await numbers({ createdBeforeMs: NOW_MS + 2 }), [1, 0]);
  });

  test("a text is found in the id, the summary and the input, also a large one, and taken literally", async () => {
    assert.deepEqual(await numbers({ text: "payload-77" }), [77]);
    assert.deepEqual(await numbers({ text: "needle in a large input" }), [55]);
    assert.deepEqual(await numbers({ text: "code 7_%" }), [7]);
    assert.deepEqual(await numbers({ text: idOf(12) }), [12]);
    assert.deepEqual(await numbers({ text: "% or \\ or '" }), []);
  });

  test("counts: exact for state, lane and type, capped, and also for any filter", async () => {
    assert.equal(await store.countJobs({}, 1000), 100);
    assert.equal(await store.countJobs({}, 30), 30);
    assert.equal(await store.countJobs({ states: ["ready", "running"] }, 1000), 60);
    assert.equal(await store.countJobs({ type: "odd" }, 1000), 50);
    assert.equal(await store.countJobs({ tag: "tenth" }, 1000), 10);
    assert.equal(await store.countJobs({ tag: "tenth" }, 3), 3);
  });

  test("a job's record, its documents and its attempts", async () => {
    const record = await store.job(idOf(1));
    assert.deepEqual([record?.state, record?.attempts, record?.cause, record?.startedAtMs, record?.endedAtMs], ["succeeded", 1, "succeeded", NOW_MS + 50, NOW_MS + 1]);
    assert.deepEqual([record?.inputBytes, record?.resultBytes], [jobOf(1).input?.length, 10]);
    assert.equal(await store.document(idOf(1), "input"), jobOf(1).input);
    assert.equal(await store.document(idOf(55), "input"), jobOf(55).input);
    assert.equal(await store.document(idOf(1), "result"), '{"rows":1}');
    assert.equal(await store.document(idOf(1), "checkpoint"), null);
    assert.equal(await store.document(idOf(777), "input"), null);
    assert.equal(await store.job(idOf(777)), null);
    const [attempt, ...more] = await store.attempts(idOf(3));
    assert.equal(more.length, 0);
    assert.deepEqual([attempt?.attempt, attempt?.next, attempt?.verdict.cause, attempt?.log], [1, "give-up", "failed", { file: "workers/w_1.log", from: 0, to: 0 }]);
    assert.deepEqual(await store.attempt(attempt?.id ?? ""), attempt);
    assert.equal(await store.attempt("a_none"), null);
  });

  test("a large result and unusual fields come back as they were", async () => {
    const item = makeJob({ id: idOf(9000), type: "large", lane: "large", tags: ["a", 'b"c'], uniqueKey: "k\nwith\nlines", retryOf: idOf(1), scheduleSlot: "nightly@1" });
    await store.enqueue([item]);
    const [lease] = await store.claim({ lane: "large", limit: 1, perType: new Map(), nowMs: NOW_MS, owner: "r_1" });
    assert.ok(lease !== undefined);
    store.progress(lease, { done: 3, total: null, note: "rows", atMs: NOW_MS });
    assert.deepEqual((await store.job(item.id))?.progress, { done: 3, total: null, note: "rows", atMs: NOW_MS });
    const result = JSON.stringify("ü".repeat(5000));
    await store.settle([makeSettlement(lease, { kind: "complete" }, NOW_MS + 5, { result, log: null })]);
    const record = await store.job(item.id);
    assert.deepEqual(
      [record?.tags, record?.uniqueKey, record?.retryOf, record?.scheduleSlot, record?.progress?.done],
      [item.tags, item.uniqueKey, item.retryOf, "nightly@1", 3],
      "also the progress, which is written before the end",
    );
    assert.equal(await store.document(item.id, "result"), result);
    assert.equal(record?.resultBytes, 10_002);
    assert.equal((await store.attempts(item.id))[0]?.log, null);
    await store.remove(item.id);
  });

  test("statistics by type: causes and percentiles", async () => {
    const stats = await store.typeStats(NOW_MS);
    const odd = stats.find((each) => each.type === "odd");
    assert.deepEqual([odd?.attempts, odd?.byCause], [20, { succeeded: 10, failed: 10 }]);
    assert.ok(odd !== undefined && odd.wallMsP95 !== null && odd.wallMsP50 !== null && odd.wallMsP95 >= odd.wallMsP50);
    assert.equal(odd.waitMsP50, 29);
    assert.deepEqual(await store.typeStats(NOW_MS + 1_000_000), []);
  });
});

function jobOf(number: number): Partial<NewJob> & { readonly id: string; readonly input: string } {
  return {
    id: idOf(number),
    type: number % 2 === 1 ? "odd" : "even",
    createdAtMs: NOW_MS + number,
    input: JSON.stringify(number === 55 ? { large: `${"x".repeat(4000)} needle in a large input` } : { text: `payload-${number}` }),
    tags: number % 10 === 0 ? ["tenth", "round"] : [],
  };
}
