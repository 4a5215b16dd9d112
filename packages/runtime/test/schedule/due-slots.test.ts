import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dueSlots, validateCron } from "../../src/schedule/index.ts";
import { readCron } from "../../src/schedule/cron.ts";
import { ON_TIME_MS } from "../../src/schedule/due-slots.ts";

const HOURLY = readCron("0 * * * *", "UTC");
const HOUR = 3_600_000;
const START = Date.parse("2026-01-01T00:00:00Z");

test("nothing is due before the next slot", () => {
  assert.equal(dueSlots(HOURLY, START, START + HOUR - 1, "latest"), null);
});

test("a slot on time fires, whatever the catch-up rule", () => {
  for (const catchUp of ["latest", "none"] as const) {
    assert.deepEqual(dueSlots(HOURLY, START, START + HOUR, catchUp), { fireMs: START + HOUR, missed: 0, lastSlotMs: START + HOUR });
    assert.equal(dueSlots(HOURLY, START, START + HOUR + ON_TIME_MS, catchUp)?.fireMs, START + HOUR);
  }
});

test("latest: one job for all that was missed; none: they are only counted", () => {
  const nowMs = START + 5 * HOUR + ON_TIME_MS + 1;
  assert.deepEqual(dueSlots(HOURLY, START, nowMs, "latest"), { fireMs: START + 5 * HOUR, missed: 4, lastSlotMs: START + 5 * HOUR });
  assert.deepEqual(dueSlots(HOURLY, START, nowMs, "none"), { fireMs: null, missed: 5, lastSlotMs: START + 5 * HOUR });
});

test("a clock that was set back fires nothing again", () => {
  assert.equal(dueSlots(HOURLY, START + 5 * HOUR, START + 3 * HOUR, "latest"), null);
});

test("years of seconds are not counted one by one", () => {
  const due = dueSlots(readCron("* * * * * *", "UTC"), START, START + 3 * 365 * 24 * HOUR, "latest");
  assert.deepEqual(due, { fireMs: START + 3 * 365 * 24 * HOUR, missed: 999, lastSlotMs: START + 3 * 365 * 24 * HOUR });
});

test("however the looks fall, every slot is dealt with exactly once", () => {
  const crons = fc.constantFrom("*/7 * * * *", "30 2 * * *", "0 */3 * * *", "15,45 1-3 * * *");
  const zones = fc.constantFrom("UTC", "Europe/Vienna", "America/New_York");
  const steps = fc.array(fc.integer({ min: 1, max: 6 * HOUR }), { maxLength: 20 });
  fc.assert(
    fc.property(crons, zones, fc.constantFrom("2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"), steps, fc.constantFrom("latest", "none"), (cron, zone, start, pauses, catchUp) => {
      const slots = readCron(cron, zone);
      let nowMs = Date.parse(start);
      let lastMs = nowMs;
      let dealt = 0;
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        const due = dueSlots(slots, lastMs, nowMs, catchUp);
        if (due === null) continue;
        assert.ok(due.lastSlotMs > lastMs && due.lastSlotMs <= nowMs);
        dealt += due.missed + (due.fireMs === null ? 0 : 1);
        lastMs = due.lastSlotMs;
      }
      let expected = 0;
      for (let atMs = slots.next(Date.parse(start)); atMs !== null && atMs <= nowMs; atMs = slots.next(atMs)) expected += 1;
      assert.equal(dealt, expected);
    }),
    { numRuns: 60 },
  );
});

test("whatever is written as cron, it is either taken or refused with a hint", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom("*", "0", "5", "*/5", "1-3", "L", "MON", "x", "99", "?"), { minLength: 4, maxLength: 7 }).map((parts) => parts.join(" ")),
      ),
      (cron) => {
        try {
          validateCron(cron, "UTC", START);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "invalid_option");
        }
      },
    ),
  );
});
