import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { untilNextPollMs } from "../src/conduct/poll-schedule.ts";

describe("the next poll", () => {
  const now = Date.parse("2026-01-05T12:00:00.000Z");
  const table: readonly (readonly [string, string | null, number, number])[] = [
    ["comes its hours after the last one ended, whoever was restarted meanwhile", "2026-01-05T05:00:00.000Z", 12, 5 * 3_600_000],
    ["is due at once when that is over", "2026-01-04T05:00:00.000Z", 12, 0],
    ["of a database that was never polled is waited for", null, 0.5, 1_800_000],
    ["is never further away than a timer reaches", null, 10_000, 2_147_483_647],
  ];
  for (const [title, last, hours, expected] of table) it(title, () => assert.equal(untilNextPollMs(last, hours, now), expected));
});
