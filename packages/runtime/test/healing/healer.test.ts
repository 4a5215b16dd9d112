import assert from "node:assert/strict";
import { test } from "node:test";
import { createStartWatch, openHealer, type HealingRule } from "../../src/healing/index.ts";
import type { RuntimeEvent, Trip } from "../../src/model/index.ts";
import { createFakeClock, settle, type FakeClock } from "../dispatch/fake-clock.ts";

const RULE: HealingRule = { intensity: { windowMs: 60_000, minimum: 5, share: 0.8 }, cooldownMs: 1000, cooldownMsMax: 20_000, observeMs: 500 };

async function open(clock: FakeClock, book: Map<string, string>, rule: HealingRule | null = RULE) {
  const events: RuntimeEvent[] = [];
  const trips: Trip[] = [];
  let changes = 0;
  let ended = 0;
  const healer = await openHealer({
    clock,
    rule,
    journal: {
      book: async () => [...book].map(([key, record]) => ({ key, record })),
      async putBook(_, entries) {
        for (const { key, record } of entries) {
          if (record === null) book.delete(key);
          else book.set(key, record);
        }
      },
    },
    full: () => 4,
    publish: (event) => events.push(event),
    onTrip: (trip) => trips.push(trip),
    onChange: () => (changes += 1),
    onError: (error) => assert.fail(String(error)),
  });
  const end = (cause: "succeeded" | "failed" | "crashed" | "lost" | "cancelled", count = 1, startedAtMs = clock.nowMs()) => {
    for (let index = 0; index < count; index += 1) {
      ended += 1;
      healer.observe({ attemptId: `a_${ended}`, jobId: `j_${ended}`, lane: "default", type: "t", cause, incidentId: null, startedAtMs, atMs: clock.nowMs() });
    }
  };
  return { healer, events, trips, end, changes: () => changes };
}

test("errors trip their type, not the lane; deaths trip both", async () => {
  const clock = createFakeClock();
  const { healer, events, end } = await open(clock, new Map());
  end("failed", 5);
  assert.deepEqual([healer.limit("type", "t", null), healer.limit("lane", "default", 4)], [0, 4]);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["lane.tripped"],
  );
  const other = await open(clock, new Map());
  other.end("crashed", 5);
  assert.deepEqual([other.healer.limit("type", "t", 2), other.healer.limit("lane", "default", 4)], [0, 0]);
  other.healer.close();
  healer.close();
});

test("a trip tells which ends made it: the failures of the window that count for it, twenty at most", async () => {
  const clock = createFakeClock();
  const { healer, trips, end } = await open(clock, new Map());
  end("crashed", 1);
  await clock.pass(61_000);
  end("failed", 2);
  end("crashed", 1);
  end("crashed", 2);
  assert.deepEqual(
    trips.map(({ scope, name, trips: inARow, ends }) => [scope, name, inARow, ends.map(({ attemptId, cause }) => `${attemptId} ${cause}`)]),
    [["type", "t", 1, ["a_2 failed", "a_3 failed", "a_4 crashed", "a_5 crashed", "a_6 crashed"]]],
  );
  const many = await open(clock, new Map(), { ...RULE, intensity: { ...RULE.intensity, minimum: 50 } });
  many.end("failed", 50);
  assert.deepEqual([many.trips[0]?.ends.length, many.trips[0]?.ends.at(-1)?.attemptId], [20, "a_50"]);
  healer.close();
  many.healer.close();
});

test("what began before a ramp neither trips it again nor is named when it does", async () => {
  const clock = createFakeClock();
  const { healer, trips, end } = await open(clock, new Map());
  const beforeMs = clock.nowMs();
  end("failed", 5);
  end("failed", 1, beforeMs);
  await clock.pass(1000);
  end("failed", 3, beforeMs);
  assert.deepEqual([healer.trip("type", "t")?.state, healer.limit("type", "t", null), trips.length], ["ramping", 1, 1]);
  end("failed", 3);
  assert.equal(healer.trip("type", "t")?.reason, "3 attempts in a row failed while only one was allowed");
  assert.deepEqual(
    trips[1]?.ends.map(({ attemptId }) => attemptId),
    ["a_10", "a_11", "a_12"],
  );
  healer.close();
});

test("what was lost with a runtime or cancelled trips nothing, and nothing trips when healing is off", async () => {
  const clock = createFakeClock();
  const { healer, end } = await open(clock, new Map());
  end("lost", 50);
  end("cancelled", 50);
  assert.deepEqual(healer.trips(), []);
  const off = await open(clock, new Map(), null);
  off.end("crashed", 50);
  assert.deepEqual(off.healer.trips(), []);
});

test("by itself: tripped, one at a time, two, four, well; every change is told, stored and seen by dispatch", async () => {
  const clock = createFakeClock();
  const book = new Map<string, string>();
  const { healer, events, end, changes } = await open(clock, book);
  end("failed", 5);
  await settle();
  assert.equal(book.size, 1);
  await clock.pass(1000);
  assert.equal(healer.limit("type", "t", null), 1);
  for (const allowed of [2, 4, null]) {
    end("succeeded");
    await clock.pass(500);
    assert.equal(healer.limit("type", "t", null), allowed);
  }
  assert.deepEqual(
    events.map((event) => (event.kind === "lane.ramped" ? event.allowed : event.kind)),
    ["lane.tripped", 1, 2, 4, "lane.recovered"],
  );
  assert.equal(changes(), 5);
  await settle();
  assert.match(book.get("type:t") ?? "", /"trips":1/, "the next trip soon after is a longer one");
  healer.close();
});

test("durable: a restart finds the trip, and a ramp begins anew", async () => {
  const clock = createFakeClock();
  const book = new Map<string, string>();
  const first = await open(clock, book);
  first.end("failed", 5);
  await settle();
  first.healer.close();
  const second = await open(clock, book);
  assert.equal(second.healer.limit("type", "t", null), 0);
  assert.match(second.healer.trip("type", "t")?.reason ?? "", /5 of the last 5 attempts failed/);
  await clock.pass(1000);
  second.end("succeeded");
  await clock.pass(500);
  assert.equal(second.healer.limit("type", "t", null), 2);
  await settle();
  second.healer.close();
  const third = await open(clock, book);
  assert.equal(third.healer.limit("type", "t", null), 1);
  third.healer.close();
});

test("a person may let it begin at once, or bring a healthy lane up step by step", async () => {
  const clock = createFakeClock();
  const { healer, end } = await open(clock, new Map());
  end("failed", 5);
  healer.ramp("type", "t", "resumed");
  assert.equal(healer.limit("type", "t", null), 1);
  healer.ramp("lane", "default", "after the night");
  assert.deepEqual([healer.limit("lane", "default", 4), healer.trip("lane", "default")?.reason], [1, "after the night"]);
  healer.close();
});

test("workers that do not start: held longer and longer, released by time, and in the end the runtime gives up, once", async () => {
  const clock = createFakeClock();
  const kinds: string[] = [];
  const given: string[] = [];
  let released = 0;
  const starts = createStartWatch({ clock, publish: ({ kind }) => kinds.push(kind), onRelease: () => (released += 1), onGiveUp: (reason) => given.push(reason) });
  for (let count = 0; count < 3; count += 1) starts.note("failed", "code 1");
  assert.equal(starts.isHolding(), true);
  await clock.pass(1000);
  assert.deepEqual([starts.isHolding(), released], [false, 1]);
  starts.note("ready", "");
  assert.equal(kinds.at(-1), "workers.recovered");
  for (let count = 0; count < 12; count += 1) {
    starts.note("failed", "code 1");
    await clock.pass(10_000);
  }
  assert.equal(given.length, 1);
  assert.match(given[0] ?? "", /10 workers in a row did not start; the last one: code 1/);
  assert.equal(starts.isHolding(), true, "nothing more is started until the process has ended");
  starts.close();
});
