// What keeps pollers running, with a runtime and a clock that do only what a test tells them.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Runtime } from "cofferdam";
import { sql } from "kysely";
import { cleanUp, makeDirectory } from "workload-command-line/testing";
import { createClock } from "../src/clock.ts";
import type { JobEvent } from "../src/conduct/job-line.ts";
import { createMatches } from "../src/conduct/matches.ts";
import { createPollers } from "../src/conduct/pollers.ts";
import { openDatabase } from "../src/database/database.ts";
import { createMetrics } from "../src/metrics.ts";
import { readSettings } from "../src/settings.ts";

const urlOf = (key: string): string => `/scoreboard/${key}/1GT/2nd-TEST/P/R/a-vs-b/live`;
const complete = (...keys: readonly string[]) => ({ matches: keys.map((matchKey) => ({ matchKey, url: urlOf(matchKey) })), isComplete: true });

async function makeBench(test: TestContext) {
  const database = await openDatabase(join(await makeDirectory(test), "scores.db"));
  cleanUp(test, () => database.close());
  let nowMs = 1_000_000;
  const clock = createClock(
    () => nowMs + Date.parse("2026-01-02T03:04:05.000Z"),
    () => nowMs,
  );
  const listeners = new Map<string, (event: JobEvent) => void>();
  const started = new Map<string, number>();
  const enqueued = new EventEmitter();
  const control = {
    workers: () => [],
    async enqueue({ uniqueKey }: { readonly uniqueKey: string }) {
      const count = (started.get(uniqueKey) ?? 0) + 1;
      started.set(uniqueKey, count);
      enqueued.emit(`${uniqueKey} ${count}`);
      return { id: `${uniqueKey} ${count}`, deduplicated: false };
    },
    // What is to end does so when a test says it.
    cancel: async () => undefined,
  };
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log = { info: note, warn: note };
  const pollers = createPollers({
    runtime: { control } as unknown as Runtime,
    line: {
      listen(jobId, listener) {
        listeners.set(jobId, listener);
        return () => void listeners.delete(jobId);
      },
      close: () => undefined,
    },
    settings: readSettings({ START_SPACING_SECONDS: "0" }),
    database,
    log,
    metrics: createMetrics(),
    clock,
    hasSink: false,
    handoverUrl: () => "http://127.0.0.1:1/report",
    onEmitted: () => undefined,
  });
  const tell = (jobId: string, event: object): void => listeners.get(jobId)?.({ jobId, ...event } as JobEvent);
  return {
    database,
    pollers,
    matches: createMatches({ database, pollers, log, clock }),
    enqueued,
    logged,
    run: (statement: string) => database.write((write) => sql.raw(statement).execute(write)),
    jobOf: (key: string) => pollers.jobs().find(({ matchKey }) => matchKey === key)?.jobId ?? null,
    keys: () => pollers.views().map(({ match_id }) => match_id),
    /** Time goes by; the service looks at the end of it. */
    passMs(ms: number): void {
      nowMs += ms;
      pollers.look();
    },
    /** Each of them gets its process. */
    async start(...keys: readonly string[]): Promise<void> {
      for (const key of keys) {
        pollers.look();
        await database.read.selectFrom("live_matches").select("url").execute();
        tell(pollers.jobs().find(({ matchKey }) => matchKey === key)?.jobId ?? "", { kind: "attempt.started" });
      }
    },
    beat: (jobId: string | null) => tell(jobId ?? "", { kind: "attempt.progress", note: null }),
    end: (jobId: string | null) => tell(jobId ?? "", { kind: "job.settled", state: "cancelled", cause: "cancelled" }),
  };
}

describe("a service that was stopped itself", () => {
  it("ends no poller that it did not hear meanwhile, and ends one that goes on to be silent", async (test) => {
    const bench = await makeBench(test);
    await bench.matches.applyList(complete("A", "B"));
    await bench.start("A", "B");
    bench.passMs(600_000);
    await bench.database.write(async () => undefined);
    assert.deepEqual(
      bench.pollers.views().map(({ match_id, status, should_restart }) => `${match_id} ${status} ${should_restart}`),
      ["A failing false", "B failing false"],
    );
    for (let atMs = 500; atMs < 30_000; atMs += 500) {
      bench.passMs(500);
      bench.beat(bench.jobOf("A"));
    }
    assert.ok(bench.pollers.views().every(({ restart_requested }) => !restart_requested));
    bench.passMs(500);
    assert.deepEqual(
      bench.pollers.views().map(({ restart_requested, restart_reason }) => [restart_requested, restart_reason]),
      [
        [false, null],
        [true, "heartbeat"],
      ],
    );
  });
});

describe("one match that fails", () => {
  it("and cannot be taken up holds up no other, also when the service begins", async (test) => {
    const bench = await makeBench(test);
    await bench.run(`INSERT INTO audit (at, match_key, action, details) VALUES ('2026-01-02T03:04:05.000Z', 'A', 'paused', '{')`);
    assert.equal((await bench.matches.applyList(complete("A", "B"))).length, 2);
    assert.deepEqual(bench.keys(), ["B"]);
    assert.equal(bench.logged.filter((message) => message.startsWith("a match could not be taken up: ")).length, 1);
    await bench.matches.resume();
    await bench.run("DELETE FROM audit WHERE action = 'paused'");
    await bench.matches.applyList(complete("A", "B"));
    assert.deepEqual(bench.keys(), ["B", "A"]);
  });

  it("and whose end is not taken back holds up no other", async (test) => {
    const bench = await makeBench(test);
    for (const key of ["A", "B"])
      await bench.run(`INSERT INTO live_matches (match_key, url, state, misses, added_at) VALUES ('${key}', '${urlOf(key)}', 'ended', 0, '2026-01-02T03:04:05.000Z')`);
    await bench.run("CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.match_key = 'A' BEGIN SELECT RAISE(ABORT, 'full'); END");
    await bench.matches.reopen(["A", "B"]);
    assert.deepEqual(bench.keys(), ["B"]);
  });

  it("and has a snapshot that can neither be read nor written of is polled all the same", async (test) => {
    const bench = await makeBench(test);
    await bench.run("INSERT INTO state_snapshots (match_key, url, seq, state, saved_at) VALUES ('A', '/a', 3, '{', '2026-01-02T03:04:05.000Z')");
    await bench.run("CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.action = 'snapshot_corrupt' BEGIN SELECT RAISE(ABORT, 'full'); END");
    await bench.matches.applyList(complete("A"));
    assert.deepEqual(bench.keys(), ["A"]);
  });

  it("and is slow to go holds up neither a list nor a stop nor a start of another, and begins again when it is gone", async (test) => {
    const bench = await makeBench(test);
    await bench.matches.applyList(complete("A"));
    await bench.start("A");
    const slow = bench.jobOf("A");
    const stopped = bench.matches.stop("A");
    assert.equal(await bench.matches.start({ matchKey: "A", url: urlOf("A") }), true);
    assert.equal(await bench.matches.start({ matchKey: "A", url: urlOf("A") }), false);
    assert.equal(await bench.matches.start({ matchKey: "B", url: urlOf("B") }), true);
    await bench.matches.applyList(complete("A", "B", "C"));
    assert.deepEqual(bench.keys(), ["A", "B", "C"]);
    assert.equal(bench.jobOf("A"), slow);
    const again = once(bench.enqueued, "A 2");
    bench.end(slow);
    assert.equal(await stopped, true);
    await again;
    assert.deepEqual(bench.keys().toSorted(), ["A", "B", "C"]);
  });

  it("and is stopped while it is taken up has no poller", async (test) => {
    const bench = await makeBench(test);
    await bench.matches.applyList(complete("A"));
    await bench.start("A");
    const slow = bench.jobOf("A");
    const first = bench.matches.stop("A");
    await bench.matches.start({ matchKey: "A", url: urlOf("A") });
    const second = bench.matches.stop("A");
    await bench.matches.applyList(complete("B"));
    bench.end(slow);
    assert.deepEqual([await first, await second], [true, true]);
    await bench.matches.resume();
    assert.deepEqual(bench.keys(), ["B"]);
  });
});
