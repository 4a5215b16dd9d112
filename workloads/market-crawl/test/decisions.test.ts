import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLineRing } from "../src/conduct/line-ring.ts";
import { createPace, nextDelayMs } from "../src/fetch/pace.ts";
import { decideEnd, type SourceCounts } from "../src/runs/decide-end.ts";
import { freshnessOf } from "../src/runs/freshness.ts";
import { isOwnerGone, thisOwner } from "../src/runs/owner.ts";
import { readSettings, SettingsError } from "../src/settings.ts";

function counts(change: Partial<SourceCounts>): SourceCounts {
  return { source: "fleamarket", pages: 1, processed: 0, created: 0, updated: 0, unchanged: 0, failed: 0, skipped: 0, ...change };
}

describe("how a run ended", () => {
  const done = { kind: "done" } as const;
  const cases: readonly (readonly [string, Parameters<typeof decideEnd>, string, string | null])[] = [
    ["all saved", [done, [counts({ created: 3 }), counts({ unchanged: 2 })]], "success", null],
    ["nothing there", [done, [counts({})]], "success", null],
    ["skipped rows are not failures", [done, [counts({ created: 1, skipped: 4 })]], "success", null],
    ["some failed", [done, [counts({ created: 3, failed: 1 })]], "partial", "1 failed"],
    ["one source unreachable, the other saved", [done, [counts({ pages: 0, failed: 1 }), counts({ updated: 2 })]], "partial", "1 failed"],
    ["the source unreachable", [done, [counts({ pages: 0, failed: 1 })]], "failed", "unreachable: fleamarket"],
    ["nothing saved and something failed", [done, [counts({ processed: 2, failed: 2 })]], "failed", "2 failed"],
    ["stalled", [{ kind: "ended", cause: "stalled", summary: "s" }, [counts({ created: 1 })]], "failed", "stalled"],
    ["over its memory", [{ kind: "ended", cause: "over-memory", summary: "s" }, []], "failed", "over-memory"],
    ["killed by the kernel for memory", [{ kind: "ended", cause: "oom-killed", summary: "s" }, []], "failed", "over-memory"],
    ["killed by somebody", [{ kind: "ended", cause: "killed", summary: "s" }, []], "interrupted", "killed"],
    ["its service died", [{ kind: "ended", cause: "lost", summary: "s" }, []], "interrupted", "lost"],
    ["threw", [{ kind: "ended", cause: "failed", summary: "Error: disk" }, []], "failed", "Error: disk"],
    ["cancelled", [{ kind: "cancelled" }, []], "cancelled", "cancelled"],
  ];
  for (const [name, given, status, error] of cases)
    it(name, () => {
      const end = decideEnd(...given);
      assert.deepEqual([end.status, end.error], [status, error]);
    });
});

describe("freshness", () => {
  const now = new Date("2025-11-29T12:00:00Z");
  const cases: readonly (readonly [string | null, string])[] = [
    ["2025-11-28T12:00:01Z", "fresh"],
    ["2025-11-28T12:00:00Z", "1 day old"],
    ["2025-11-25T11:00:00Z", "4 days old"],
    ["2025-11-22T12:00:01Z", "6 days old"],
    ["2025-11-22T12:00:00Z", "stale"],
    [null, "stale"],
  ];
  for (const [last, expected] of cases) it(`${last} is ${expected}`, () => assert.equal(freshnessOf(last, now), expected));
});

describe("politeness", () => {
  it("follows the answer time, is never faster than the start and never slower than the most", () => {
    assert.equal(nextDelayMs(1000, { tookMs: 10, ok: true }, 1000, 60_000), 1000);
    assert.equal(nextDelayMs(1000, { tookMs: 5000, ok: true }, 1000, 60_000), 5000);
    assert.equal(nextDelayMs(5000, { tookMs: 1000, ok: true }, 1000, 60_000), 3000);
    assert.equal(nextDelayMs(5000, { tookMs: 1000, ok: false }, 1000, 60_000), 5000);
    assert.equal(nextDelayMs(5000, { tookMs: 90_000, ok: false }, 1000, 60_000), 60_000);
  });

  it("has one request at a time per host, and others meanwhile", async () => {
    const pace = createPace({ startMs: 0, maxMs: 0 }, () => undefined);
    const { signal } = new AbortController();
    const open = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = pace.run("a", signal, async () => {
      order.push("first begins");
      await open.promise;
      order.push("first ends");
    });
    const second = pace.run("a", signal, async () => void order.push("second"));
    await pace.run("b", signal, async () => void order.push("other host"));
    open.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first begins", "other host", "first ends", "second"]);
  });

  it("goes on after a request that failed", async () => {
    const pace = createPace({ startMs: 0, maxMs: 0 }, () => undefined);
    const { signal } = new AbortController();
    await assert.rejects(pace.run("a", signal, () => Promise.reject(new Error("reset"))));
    assert.equal(await pace.run("a", signal, async () => "answer"), "answer");
  });
});

describe("the worker's output", () => {
  it("keeps the last lines, whatever there was, and counts the others", () => {
    const ring = createLineRing(3);
    ring.push(Buffer.from("1\n2\n3\n4\n5 is cut in "));
    ring.push(Buffer.from("two\n"));
    assert.equal(ring.text(), "3\n4\n5 is cut in two");
    assert.equal(ring.dropped, 2);
  });

  it("holds nothing that grows: neither lines without an end nor many of them", () => {
    const ring = createLineRing(10);
    for (let piece = 0; piece < 160; piece += 1) ring.push(Buffer.alloc(65_536, piece % 2 === 0 ? "x" : "y\n"));
    assert.ok(ring.text().length < 25_000);
    assert.ok(ring.dropped > 1_000_000);
  });

  it("does not break a letter that two pieces share", () => {
    const ring = createLineRing();
    const bytes = Buffer.from("Østerbro\n");
    ring.push(bytes.subarray(0, 1));
    ring.push(bytes.subarray(1));
    assert.equal(ring.text(), "Østerbro");
  });
});

describe("who answers for a run", () => {
  const now = Date.parse("2025-11-29T12:00:00Z");
  it("is there while its process is", () => assert.equal(isOwnerGone(`${thisOwner()} service`, "2025-11-29T11:00:00Z", now), false));
  it("is gone when another process has its pid", () => assert.equal(isOwnerGone(thisOwner().replace(/\d+$/, "1"), "2025-11-29T12:00:00Z", now), true));
  it("is not known to be gone where other processes are seen", () => {
    const inNamespace = `${thisOwner().replace(/pid:\[\d+\]/, "pid:[1]")} service`;
    assert.notEqual(inNamespace, `${thisOwner()} service`);
    assert.equal(isOwnerGone(inNamespace.replace(/\d+ service$/, "1 service"), "2025-11-29T11:59:45Z", now), false);
  });
  it("on another machine is gone when it is silent", () => {
    assert.equal(isOwnerGone("elsewhere 7 100 x", "2025-11-29T11:59:45Z", now), false);
    assert.equal(isOwnerGone("elsewhere 7 100 x", "2025-11-29T11:59:30Z", now), true);
  });
});

describe("settings", () => {
  it("have their defaults", () => {
    const settings = readSettings({});
    assert.deepEqual([settings.port, settings.stallMs, settings.workerMemoryBytes, settings.pagesMax, settings.marketsMax], [8000, 120_000, 192 * 1024 * 1024, 50, 0]);
    assert.deepEqual(
      [settings.schedule, settings.timeZone, settings.delayStartMs, settings.delayMaxMs, settings.geocodeKey],
      ["0 2 * * *", "Europe/Copenhagen", 1000, 60_000, null],
    );
  });
  const bad: readonly (readonly [string, string])[] = [
    ["PORT", "x"],
    ["WORKER_MEMORY_MB", "32"],
    ["TZ_NAME", "Europe/Atlantis"],
    ["FLEAMARKET_URL", "ftp://x"],
    ["TODAY", "tomorrow"],
    ["MAX_PAGES", "0"],
    ["WORKER_NICE", "20"],
  ];
  for (const [name, value] of bad)
    it(`${name}=${value} is refused by name`, () =>
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) => error instanceof SettingsError && error.message.includes(name),
      ));
});
