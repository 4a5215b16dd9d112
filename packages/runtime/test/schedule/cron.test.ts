import assert from "node:assert/strict";
import { test } from "node:test";
import { CofferdamError } from "../../src/model/index.ts";
import { validateCron } from "../../src/schedule/index.ts";
import { readCron } from "../../src/schedule/cron.ts";

/** The slots after a time, as docs/reference/schedules.md states them. */
function slotsAfter(cron: string, timeZone: string, after: string, count: number): string[] {
  const slots = readCron(cron, timeZone);
  const found: string[] = [];
  for (let atMs: number | null = Date.parse(after); found.length < count;) {
    atMs = slots.next(atMs);
    if (atMs === null) break;
    found.push(new Date(atMs).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

// Vienna: 2026-03-29 02:00 becomes 03:00 (01:00Z); 2026-10-25 03:00 becomes 02:00 (01:00Z).

test("spring: a fixed time that does not exist fires at the first moment after the gap, once", () => {
  assert.deepEqual(slotsAfter("30 2 * * *", "Europe/Vienna", "2026-03-28T12:00:00Z", 2), ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]);
  assert.deepEqual(slotsAfter("0 3 * * *", "Europe/Vienna", "2026-03-28T12:00:00Z", 2), ["2026-03-29T01:00Z", "2026-03-30T01:00Z"]);
});

test("spring: a repeating time skips the hour that does not exist", () => {
  assert.deepEqual(slotsAfter("30 * * * *", "Europe/Vienna", "2026-03-28T23:45:00Z", 3), ["2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T02:30Z"]);
  assert.deepEqual(slotsAfter("*/30 2 * * *", "Europe/Vienna", "2026-03-28T12:00:00Z", 2), ["2026-03-30T00:00Z", "2026-03-30T00:30Z"]);
});

test("autumn: a fixed time that comes twice fires the first time only", () => {
  assert.deepEqual(slotsAfter("30 2 * * *", "Europe/Vienna", "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]);
});

test("autumn: a repeating time fires in both hours: the interval stays even", () => {
  assert.deepEqual(slotsAfter("30 * * * *", "Europe/Vienna", "2026-10-24T23:45:00Z", 3), ["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"]);
  assert.deepEqual(slotsAfter("*/30 2 * * *", "Europe/Vienna", "2026-10-24T12:00:00Z", 4), ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"]);
});

test("UTC has no daylight saving time", () => {
  assert.deepEqual(slotsAfter("30 2 * * *", "UTC", "2026-03-28T12:00:00Z", 2), ["2026-03-29T02:30Z", "2026-03-30T02:30Z"]);
});

test("a slot itself is at, not after; the latest one is found without counting", () => {
  const slots = readCron("30 2 * * *", "Europe/Vienna");
  const slotMs = Date.parse("2026-03-29T01:00:00Z");
  assert.equal(slots.latest(slotMs), slotMs);
  assert.equal(slots.latest(slotMs - 1), Date.parse("2026-03-28T01:30:00Z"));
  assert.equal(slots.next(slotMs), Date.parse("2026-03-30T00:30:00Z"));
});

test("six fields begin with seconds; nicknames are taken", () => {
  assert.equal(readCron("*/10 * * * * *", "UTC").next(0), 10_000);
  assert.equal(readCron("@daily", "UTC").next(0), 86_400_000);
});

for (const [cron, timeZone, says] of [
  ["", "UTC", /five fields/],
  ["* * *", "UTC", /five fields/],
  ["61 * * * *", "UTC", /minute: 61/],
  ["a b c d e", "UTC", /not a cron expression/],
  ["0 0 0 1 1 * 2030", "UTC", /five fields/],
  ["2099-01-01T00:00:00Z", "UTC", /five fields/],
  ["@reboot", "UTC", /reboot/],
  ["0 0 31 2 *", "UTC", /never comes true/],
  ["* * * * *", "Mars/Olympus", /not a time zone/],
] as const) {
  test(`refused: ${JSON.stringify(cron)} in ${timeZone}`, () => {
    assert.throws(
      () => validateCron(cron, timeZone, Date.parse("2026-01-01T00:00:00Z")),
      (error) => error instanceof CofferdamError && error.code === "invalid_option" && says.test(error.message) && (error.hint ?? "").length > 10,
    );
  });
}
