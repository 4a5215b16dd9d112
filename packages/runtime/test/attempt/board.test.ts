// What becomes of ends and leases that the store does not take.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createAttemptBoard } from "../../src/attempt/index.ts";
import { CofferdamError, type ErrorCode, type Lease, type RuntimeEvent } from "../../src/model/index.ts";
import { silentLogger, systemChance } from "../../src/platform/index.ts";
import type { AttemptEnd, AttemptListener } from "../../src/supervisor/ports.ts";
import { makeJob } from "../conformance/make.ts";
import { createFakeClock, settle } from "../dispatch/fake-clock.ts";
import { jobTypeOf } from "../job-type.ts";
import { makeDirectory, openAt } from "../store/open-store.ts";
import { evidenceOf } from "../verdict/evidence-of.ts";

const ENDED: AttemptEnd = { kind: "ended", evidence: evidenceOf(), result: "1", workerId: "w_1", pid: 1, startedAtMs: 1, endedAtMs: 2, log: null };

/** One attempt of a real lease, with a store whose settling fails like this, if at all. */
async function setUp(context: TestContext, failure: ErrorCode | null) {
  const clock = createFakeClock();
  const store = await openAt(await makeDirectory(context));
  await store.enqueue([makeJob({ id: "j_1", createdAtMs: clock.nowMs() })]);
  const [lease] = await store.claim({ lane: "default", limit: 1, perType: new Map(), nowMs: clock.nowMs(), owner: "r" });
  assert.ok(lease !== undefined);
  const end = Promise.withResolvers<AttemptEnd>();
  const back: Lease[] = [];
  const listeners: AttemptListener[] = [];
  const events: RuntimeEvent[] = [];
  let settles = 0;
  const board = createAttemptBoard({
    crew: {
      run(_, leases, listener) {
        listeners.push(listener);
        return leases.map((each) => ({ lease: each, end: end.promise, stop: () => end.resolve(ENDED) }));
      },
    },
    store: {
      ...store,
      settle(settlements) {
        settles += 1;
        return failure === null ? store.settle(settlements) : Promise.reject(new CofferdamError(failure, "by the test"));
      },
    },
    dispatcher: { attemptEnded: () => undefined, giveBack: (given) => void back.push(given), wakeAt: () => undefined },
    clock,
    chance: systemChance,
    highMemoryLane: () => null,
    learner: { observe: () => undefined },
    logger: silentLogger,
    release: null,
    readLogTail: () => Promise.resolve([]),
    faultOf: () => null,
    publish: (event) => void events.push(event),
  });
  board.start(jobTypeOf("any"), [lease]);
  return {
    store,
    lease,
    events,
    board,
    clock,
    end,
    back,
    settles: () => settles,
    begin: () => listeners[0]?.onStarted(lease.attemptId, { atMs: 1, workerId: "w_1", pid: 1, log: null }),
    state: async () => (await store.job(lease.jobId))?.state,
  };
}

test("a lease that never began is handed back to dispatch, which asks the store until it is taken", async (context) => {
  const { board, end, back } = await setUp(context, "store_full");
  end.resolve({ kind: "not-started" });
  await settle();
  assert.deepEqual([back.length, board.count()], [1, 0]);
});

test("a shutdown waits for a full disk as long as its grace, then leaves the lease to the next start", async (context) => {
  const { board, clock, begin, settles, state } = await setUp(context, "store_full");
  begin();
  let isDrained = false;
  const drained = board.drain("the test ends", 60_000).then(() => (isDrained = true));
  await clock.pass(59_000);
  assert.deepEqual([isDrained, settles() > 3], [false, true]);
  await clock.pass(1000);
  assert.ok(isDrained);
  await drained;
  assert.deepEqual([board.count(), board.workerIds(), await state(), clock.timers()], [0, ["w_1"], "running", 0]);
});

test("a second call does not wait for a full disk at all", async (context) => {
  const { board, clock } = await setUp(context, "store_full");
  const drained = board.drain("the test ends", 60_000);
  await clock.pass(10_000);
  const hurried = board.drain("the test ends, faster", 0);
  await clock.pass(0);
  assert.equal(board.count(), 0);
  await Promise.all([drained, hurried]);
  assert.equal(clock.timers(), 0);
});

test("what no later try can heal is tried once, and the lease is left to the next start", async (context) => {
  const { board, begin, end, settles, state, clock } = await setUp(context, "broken_invariant");
  begin();
  end.resolve(ENDED);
  await settle();
  assert.deepEqual([settles(), board.count(), board.workerIds(), await state(), clock.timers()], [1, 0, ["w_1"], "running", 0]);
});

test("what was cancelled while its attempt failed is told as cancelled, as it is stored", async (context) => {
  const { store, lease, events, board, clock, begin, end, state } = await setUp(context, null);
  begin();
  await store.cancel(lease.jobId, "somebody", "no more", clock.nowMs());
  end.resolve({ ...ENDED, evidence: evidenceOf({ exit: { code: 1, signal: null } }) });
  while (board.count() > 0) await settle();
  assert.equal(await state(), "cancelled");
  const next = events.flatMap((event) => (event.kind === "attempt.ended" ? [[event.next, event.retryAtMs]] : []));
  const states = events.flatMap((event) => (event.kind === "job.settled" ? event.state : []));
  assert.deepEqual([next, states], [[["cancelled", null]], ["cancelled"]]);
});
