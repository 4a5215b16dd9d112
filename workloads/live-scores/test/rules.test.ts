import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cleanUp, makeDirectory } from "workload-command-line/testing";
import { isAbnormal, judge, nextStart, reasonOfCause, type Sighting } from "../src/conduct/restart-rules.ts";
import { overallStatus, viewPoller } from "../src/conduct/view.ts";
import { makePoller, type Poller } from "../src/conduct/poller.ts";
import { openDatabase } from "../src/database/database.ts";
import { loadState, saveSnapshot } from "../src/database/snapshots.ts";
import { freshState } from "../src/emit/change.ts";
import { waitMs } from "../src/poll/pace.ts";
import { addressFor, namesAddressFor, readSettings, SETTING_ROWS } from "../src/settings.ts";

const settings = readSettings({});
const MIB = 1024 * 1024;
const NOW = 10_000_000_000;

describe("when a poller is begun anew", () => {
  const calm: Sighting = {
    nowMs: NOW,
    startedAtMs: NOW - 100_000,
    heardSinceMs: NOW - 100_000,
    lastHeartbeatAtMs: NOW - 500,
    lastAnswerAtMs: NOW - 2000,
    consecutiveErrors: 0,
    memoryBytes: 80 * MIB,
    pids: 12,
  };
  const cases: readonly (readonly [string, Partial<Sighting>, string | null])[] = [
    ["all is well", {}, null],
    ["many pids", { pids: 200 }, "pid_limit"],
    ["fewer", { pids: 199 }, null],
    ["much memory", { memoryBytes: 1536 * MIB }, "memory_soft_limit"],
    ["no sign of life", { lastHeartbeatAtMs: NOW - 30_000 }, "heartbeat"],
    ["no answer", { lastAnswerAtMs: NOW - 60_000 }, "stale"],
    ["no answer yet, but it has just begun", { lastAnswerAtMs: NOW - 600_000, startedAtMs: NOW - 3000, heardSinceMs: NOW - 3000 }, null],
    ["no sign of life and no answer, but nobody listened", { lastAnswerAtMs: null, lastHeartbeatAtMs: 0, heardSinceMs: NOW - 29_999 }, null],
    ["never an answer", { lastAnswerAtMs: null }, "stale"],
    ["too many errors", { consecutiveErrors: 10 }, "errors"],
    ["old age", { startedAtMs: NOW - 6 * 3_600_000 }, "max_lifetime"],
    ["several: what tells most", { pids: 300, lastAnswerAtMs: null, lastHeartbeatAtMs: 0 }, "pid_limit"],
  ];
  for (const [name, change, reason] of cases) it(name, () => assert.equal(judge({ ...calm, ...change }, settings), reason));

  it("names what the runtime found", () => {
    assert.deepEqual(["over-memory", "over-pids", "blocked", "crashed", null].map(reasonOfCause), ["memory_hard_limit", "pid_limit", "heartbeat", "died", "died"]);
    assert.deepEqual(
      ["recycle", "max_lifetime", "stale"].map((reason) => isAbnormal(reason as "stale")),
      [false, false, true],
    );
  });

  it("waits five seconds, at most what is left of the grace", () => {
    const start = (askedAtMs: number) => nextStart({ reason: "stale", nowMs: NOW, askedAtMs, abnormalEndsMs: [] }, settings);
    assert.deepEqual(
      [NOW, NOW - 57_000, NOW - 90_000].map(start).map((next) => (next.kind === "start" ? next.atMs - NOW : next)),
      [5000, 3000, 0],
    );
  });

  it("pauses after five abnormal ends within ten minutes, and begins with a clean slate", () => {
    const four = [NOW - 500_000, NOW - 400_000, NOW - 3000, NOW - 2000];
    const end = (reason: "stale" | "recycle", abnormalEndsMs: readonly number[]) => nextStart({ reason, nowMs: NOW, askedAtMs: NOW, abnormalEndsMs }, settings);
    assert.deepEqual(end("stale", four), { kind: "pause", untilMs: NOW + 300_000, abnormalEndsMs: [] });
    assert.equal(end("recycle", four).kind, "start");
    assert.equal(end("stale", [NOW - 700_000, ...four.slice(1)]).kind, "start");
  });
});

describe("the pace of ticks", () => {
  const wait = (failures: number, tookMs: number, fraction = 0.5) => waitMs({ intervalMs: 2500, failures, startedMs: NOW, nowMs: NOW + tookMs, fraction });
  it("is counted from start to start, and a slow tick is not doubled", () => assert.deepEqual([wait(0, 400), wait(0, 2500), wait(0, 9000)], [2100, 0, 0]));
  it("slows down with failures", () =>
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 50].map((failures) => wait(failures, 4000)),
      [1000, 2000, 4000, 8000, 16_000, 16_000, 16_000],
    ));
  it("has a jitter of 30 %", () => assert.deepEqual([wait(1, 0, 0), wait(1, 0, 0.999_999)], [700, 1300]));
});

describe("the health of a poller", () => {
  const view = (change: Partial<Poller>, usage = { memoryBytes: 80 * MIB, pids: 9 }) => {
    const poller = makePoller({
      matchKey: "A",
      url: "/a",
      state: freshState(0),
      nowMs: NOW,
      history: { restarts: 0, lastReason: null, abnormalEndsMs: [], pausedUntilMs: null },
      lastAnswerAtMs: NOW,
      lastChangeAtMs: null,
    });
    return viewPoller(Object.assign(poller, { phase: "running", startedAtMs: NOW - 1000, lastHeartbeatAtMs: NOW }, change), usage, settings, {
      nowMs: () => NOW,
      timeOfDayOf: (momentMs) => momentMs + 3_600_000,
    });
  };
  const cases: readonly (readonly [string, Partial<Poller>])[] = [
    ["healthy", {}],
    ["stopping", { phase: "stopping", pausedUntilMs: NOW + 1 }],
    ["paused", { phase: "waiting", pausedUntilMs: NOW + 1, consecutiveErrors: 99 }],
    ["failing", { consecutiveErrors: 6 }],
    ["failing", { lastAnswerAtMs: NOW - 60_000 }],
    ["degraded", { consecutiveErrors: 3 }],
    ["degraded", { lastAnswerAtMs: NOW - 15_000 }],
    ["healthy", { lastAnswerAtMs: NOW - 14_900, consecutiveErrors: 2 }],
  ];
  for (const [status, change] of cases) it(`${status}: ${JSON.stringify(change)}`, () => assert.equal(view(change).status, status));
  it("failing: at the hard limit", () => assert.equal(view({}, { memoryBytes: 2048 * MIB, pids: 9 }).status, "failing"));
  it("says until when it is paused, by the time of day", () =>
    assert.equal(view({ phase: "waiting", pausedUntilMs: NOW + 1000 }).paused_until, new Date(NOW + 3_601_000).toISOString()));
  it("says that a rule is broken", () => assert.deepEqual([view({}).should_restart, view({ consecutiveErrors: 10 }).should_restart], [false, true]));
  it("sums up", () => {
    assert.deepEqual(
      [overallStatus([]), overallStatus(["healthy"]), overallStatus(["healthy", "failing"]), overallStatus(["failing", "failing"]), overallStatus(["paused"])],
      ["healthy", "healthy", "degraded", "down", "degraded"],
    );
  });
});

describe("snapshots", () => {
  it("come back as they were; a broken one is passed over and numbers go on", async (test) => {
    const database = await openDatabase(`${await makeDirectory(test)}/scores.db`);
    cleanUp(test, () => database.close());
    const state = { ...freshState(7), seenTexts: ["a"] };
    const at = "2026-01-02T03:04:05.000Z";
    await database.write((write) => saveSnapshot(write, { matchKey: "A", url: "/a", state, at }));
    assert.deepEqual(await loadState(database, "A"), { state, warning: null });
    await database.write((write) => write.insertInto("emissions").values({ match_key: "A", seq: 9, group_name: "odds", payload: "{}", created_at: at }).execute());
    assert.deepEqual((await loadState(database, "A")).state.seq, 9);
    await database.write((write) => write.updateTable("state_snapshots").set({ state: "{nonsense", seq: 12 }).execute());
    const broken = await loadState(database, "A");
    assert.deepEqual([broken.state, broken.warning !== null], [freshState(12), true]);
    assert.deepEqual(await loadState(database, "B"), { state: freshState(0), warning: null });
  });
});

describe("settings", () => {
  it("have the specification's defaults", () => {
    assert.deepEqual(
      [settings.port, settings.prometheusPort, settings.pollingMs, settings.discoveryMs, settings.stalenessMs, settings.pidsRestart, settings.concurrencyCap],
      [5000, 9090, 2500, 60_000, 60_000, 200, 40],
    );
    assert.throws(() => readSettings({ POLLING_INTERVAL_SECONDS: "soon" }), /POLLING_INTERVAL_SECONDS/);
    assert.throws(() => readSettings({ FETCH_MODE: "carrier pigeon" }), /FETCH_MODE/);
  });
  it("stand in the README as they are", async () => {
    const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");
    const rows = [...readme.matchAll(/^\| `([A-Z0-9_]+)`\s+\| (?:`(.*?)`)?\s+\| (.*?)\s+\|$/gm)].map(([, variable = "", fallback = "", description = ""]) => ({
      variable,
      fallback,
      description,
    }));
    assert.deepEqual(rows, [...SETTING_ROWS]);
  });
  it("lead to the documents of a match", () => {
    assert.deepEqual(
      [
        addressFor("http://a/v10/sV3.php?key={matchKey}", "A B"),
        addressFor("http://a/v10/sV3.php", "A"),
        namesAddressFor("http://a/names/{matchKey}.json", "A"),
        namesAddressFor("http://a/names", "A"),
        namesAddressFor("http://a/all.json", "A"),
      ],
      ["http://a/v10/sV3.php?key=A%20B", "http://a/v10/sV3.php?key=A", "http://a/names/A.json", "http://a/names/A.json", "http://a/all.json"],
    );
  });
});
