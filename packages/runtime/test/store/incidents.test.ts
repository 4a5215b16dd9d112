import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cause, Lease, Occurrence, Settled } from "../../src/model/index.ts";
import type { Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

const NOW_MS = 1_790_000_000_000;
const ID = `i_${"5".repeat(32)}`;
const ALL = { limit: 50, cursor: null };

let lastJob = 0;

async function leaseOne(store: Store): Promise<Lease> {
  lastJob += 1;
  await store.enqueue([makeJob({ id: `j_${lastJob.toString(16).padStart(32, "0")}` })]);
  const [lease] = await store.claim({ lane: "default", limit: 1, perType: new Map(), nowMs: NOW_MS, owner: "me" });
  assert.ok(lease !== undefined);
  return lease;
}

function occurrenceAt(atMs: number, difference: Partial<Occurrence> = {}): Occurrence {
  return { incidentId: ID, cause: "failed", signature: "Error: N", title: "report.import: failed", atMs, startedAtMs: atMs - 500, lostSeconds: 0.5, release: null, ...difference };
}

async function settleWith(store: Store, occurrence: Occurrence, lease?: Lease): Promise<Settled["incident"] | "stale" | undefined> {
  const settlement = makeSettlement(lease ?? (await leaseOne(store)), { kind: "give-up", counts: "error", reason: "x" }, occurrence.atMs);
  const [outcome] = await store.settle([{ ...settlement, occurrence }]);
  return outcome === "stale" ? outcome : outcome?.incident;
}

test("an abnormal end opens an incident, the next one of the same trouble is counted", async (context) => {
  const store = await openAt(await makeDirectory(context));
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS, { release: "r1" })), "opened");
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS + 10, { release: "r2", lostSeconds: 2 })), "recurred");
  const incident = await store.incident(ID);
  assert.equal(incident?.count, 2);
  assert.equal(incident?.state, "open");
  assert.equal(incident?.firstSeenAtMs, NOW_MS);
  assert.equal(incident?.lastSeenAtMs, NOW_MS + 10);
  assert.equal(incident?.lostSeconds, 2.5);
  assert.deepEqual(incident?.releases, ["r1", "r2"]);
  assert.equal((await store.occurrences(ID, 10)).length, 2);
  assert.deepEqual(await store.incidentCounts(), [{ cause: "failed", state: "open", count: 1 }]);
});

test("a stale settle adds nothing to any incident", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const lease = await leaseOne(store);
  await store.release([lease]);
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS), lease), "stale");
  assert.equal(await store.incident(ID), null);
});

test("an incident moves only as it may, keeps its notes, and comes back when what is resolved happens again", async (context) => {
  const dataDir = await makeDirectory(context);
  const store = await openAt(dataDir);
  const change = (state: "open" | "acknowledged" | "resolved" | "regressed" | null, release: string | null = null, note: string | null = null) =>
    store.changeIncident(ID, { state, resolvedInRelease: release, note: note === null ? null : { atMs: NOW_MS, by: "ana", text: note } }, NOW_MS + 100);
  assert.equal(await change("acknowledged"), "missing");
  await settleWith(store, occurrenceAt(NOW_MS, { release: "r1" }));
  assert.equal(await change("regressed"), "not-allowed");
  assert.equal(await change("acknowledged", null, "we look"), "changed");
  assert.equal(await change("resolved", "r2"), "changed");
  assert.equal(await change("acknowledged"), "not-allowed");
  // The old release still runs somewhere: that is not the fix failing.
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS + 5000, { release: "r1" })), "recurred");
  assert.equal((await store.incident(ID))?.state, "resolved");
  // An attempt that began before the resolve says nothing of the fix either.
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS + 5000, { release: "r2", startedAtMs: NOW_MS })), "recurred");
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS + 6000, { release: "r2" })), "regressed");
  assert.equal(await settleWith(store, occurrenceAt(NOW_MS + 7000, { release: "r2" })), "recurred");
  await store.close();
  const again = await openAt(dataDir);
  const incident = await again.incident(ID);
  assert.equal(incident?.state, "regressed");
  assert.equal(incident?.count, 5);
  assert.deepEqual(
    incident?.notes.map(({ text }) => text),
    ["we look"],
  );
});

test("incidents are listed last seen first, by state, type and cause, page by page", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const idOf = (number: number): string => `i_${number.toString(16).padStart(32, "0")}`;
  for (let number = 1; number <= 5; number += 1)
    await settleWith(store, occurrenceAt(NOW_MS + number, { incidentId: idOf(number), cause: number % 2 === 0 ? "exited" : "failed" }));
  await store.changeIncident(idOf(5), { state: "resolved", resolvedInRelease: null, note: null }, NOW_MS);
  const seen: string[] = [];
  for (let cursor: string | null = null; ;) {
    const page = await store.incidents({}, { limit: 2, cursor });
    seen.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  assert.deepEqual(seen, [5, 4, 3, 2, 1].map(idOf));
  assert.equal((await store.incidents({ states: ["open"] }, ALL)).items.length, 4);
  assert.equal((await store.incidents({ cause: "exited" }, ALL)).items.length, 2);
  assert.equal((await store.incidents({ type: "other" }, ALL)).items.length, 0);
  assert.equal((await store.incidents({ seenSinceMs: NOW_MS + 4 }, ALL)).items.length, 2);
});

test("occurrences are kept to a number, the count goes on; what is old goes with its occurrences and validations", async (context) => {
  const store = await openAt(await makeDirectory(context));
  for (let number = 0; number < 205; number += 1) await settleWith(store, occurrenceAt(NOW_MS + number));
  assert.equal((await store.incident(ID))?.count, 205);
  assert.equal((await store.occurrences(ID, 1000)).length, 200);
  const rules = [{ rule: { metric: "occurrences", below: 1, forMs: 1000 }, state: "watching", worst: null, decidedAtMs: null }] as const;
  await store.putValidation({ id: "v_1", incidentId: ID, state: "watching", startedAtMs: NOW_MS, rules, watchedUntilMs: NOW_MS, unwatchedMs: 0 });
  assert.equal((await store.validations(null, "watching")).length, 1);
  await store.prune({ succeededBeforeMs: 0, failedBeforeMs: NOW_MS + 1_000_000, idempotencyBeforeMs: 0, logsInUse: [], limit: 1000 });
  assert.equal(await store.incident(ID), null);
  assert.equal((await store.occurrences(ID, 1000)).length, 0);
  assert.equal((await store.validations(ID, null)).length, 0);
});

test("the evidence of an abnormal end is read back as it was written", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const lease = await leaseOne(store);
  const settlement = makeSettlement(lease, { kind: "give-up", counts: "error", reason: "x" }, NOW_MS);
  const sample = {
    atMs: NOW_MS,
    memoryBytes: 5,
    tasks: 2,
    cpuSeconds: null,
    openFiles: 3,
    outputBytes: 4,
    progress: null,
    loopSilentMs: 9,
    availableBytes: null,
    memoryStallPercent: 1.5,
  };
  const autopsy = {
    curve: [sample],
    curveSource: "memory",
    tree: null,
    machineBefore: null,
    machineAfter: null,
    kernelLog: null,
    logTail: ["the last line"],
    checkpoint: { atMs: NOW_MS, bytes: 12 },
    progressAtMs: null,
    input: { bytes: 2, fingerprint: "44136fa355b3678a", typical: null },
    neighbours: [],
    release: "r1",
  } as const;
  await store.settle([{ ...settlement, attempt: { ...settlement.attempt, autopsy } }]);
  assert.deepEqual((await store.attempt(lease.attemptId))?.autopsy, autopsy);
  assert.equal(await store.inputSizes("report.import"), null);
});

test("deaths within a time are found however many other ends there were", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const end = async (cause: Cause, atMs: number): Promise<string> => {
    const lease = await leaseOne(store);
    await store.settle([makeSettlement(lease, { kind: "give-up", counts: "error", reason: "x" }, atMs, { cause })]);
    return lease.attemptId;
  };
  for (let time = 0; time < 5; time += 1) await end(time % 2 === 0 ? "failed" : "cancelled", NOW_MS);
  const died = await end("oom-killed", NOW_MS + 1);
  await end("over-memory", NOW_MS + 10);
  assert.deepEqual(
    (await store.deathsBetween(NOW_MS - 1, NOW_MS + 5, 2)).map(({ id }) => id),
    [died],
  );
  assert.equal((await store.deathsBetween(NOW_MS, NOW_MS + 10, 1)).length, 1);
});
