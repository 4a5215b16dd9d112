import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TreeSample } from "../../src/governor/index.ts";
import { NO_BUDGET, type Budget, type Intent, type KernelRises } from "../../src/model/index.ts";
import type { Clock } from "../../src/platform/index.ts";
import { watchAttempt, type Watch, type Watched } from "../../src/supervisor/watch.ts";
import { createFakeClock, type FakeClock } from "../dispatch/fake-clock.ts";

interface Scene {
  readonly clock: FakeClock;
  readonly watch: Watch;
  readonly breaches: Intent[];
  /** Times at which it looked. */
  readonly looks: number[];
  /** What it will see next. */
  readonly sight: { memoryBytes: number; tasks: number; outputBytes: number; trustworthy: boolean; rises: KernelRises };
}

const NO_RISES: KernelRises = { oomKill: null, ownLimitHit: null, machineOomKill: null, pidsRefused: null };
const CALM: TreeSample = { memoryBytes: 10, memoryMethod: "cgroup", tasks: 2, cpuSeconds: 0, trustworthy: true };

function watchScene(budget: Partial<Budget>, changes: Partial<Watched> = {}): Scene {
  const clock = createFakeClock();
  const breaches: Intent[] = [];
  const looks: number[] = [];
  const sight: Scene["sight"] = {
    memoryBytes: 10,
    tasks: 2,
    outputBytes: 0,
    trustworthy: true,
    rises: { oomKill: null, ownLimitHit: null, machineOomKill: null, pidsRefused: null },
  };
  const watch = watchAttempt(
    clock,
    clock.monotonicMs(),
    watched(budget, {
      sample: () => {
        looks.push(clock.monotonicMs());
        return { ...CALM, memoryBytes: sight.memoryBytes, tasks: sight.tasks, trustworthy: sight.trustworthy };
      },
      kernelRises: () => sight.rises,
      outputBytes: () => sight.outputBytes,
      onBreach: (intent) => void breaches.push(intent),
      ...changes,
    }),
  );
  return { clock, watch, breaches, looks, sight };
}

function watched(budget: Partial<Budget>, changes: Partial<Watched>): Watched {
  return {
    budget: { ...NO_BUDGET, ...budget },
    loop: "running",
    enforcement: { memory: "polled", pids: "polled" },
    outputIsProgress: false,
    sample: () => CALM,
    kernelRises: () => NO_RISES,
    outputBytes: () => 0,
    onBreach: () => undefined,
    ...changes,
  };
}

const START_MS = createFakeClock().nowMs();
/** What was broken, and when: Unix time, here since the scene began. */
const kinds = (breaches: readonly Intent[]): readonly string[] => breaches.map(({ kind, atMs }) => `${kind}@${atMs - START_MS}`);

describe("the watch", () => {
  it("looks early once, then four times a second while nothing is near", async () => {
    const { clock, looks } = watchScene({ memoryBytes: 1000 });
    await clock.pass(1100);
    assert.deepEqual(looks, [25, 250, 500, 750, 1000]);
  });

  it("looks up the last beat where the worker notes it, and finds a loop that has stopped to the millisecond", async () => {
    const clock = createFakeClock();
    const breaches: Intent[] = [];
    let beatAtMs: number | null = null;
    const watch = watchAttempt(clock, clock.monotonicMs(), watched({ blockMs: 500 }, { beatAtMs: () => beatAtMs, onBreach: (intent) => void breaches.push(intent) }));
    for (let beats = 0; beats < 8; beats += 1) {
      await clock.pass(250);
      beatAtMs = clock.nowMs();
    }
    assert.equal(watch.silentMs(), 0);
    await clock.pass(499);
    assert.deepEqual(kinds(breaches), []);
    assert.equal(watch.silentMs(), 499);
    await clock.pass(1);
    assert.deepEqual(kinds(breaches), ["block@2500"]);
  });

  it("does not call a loop blocked that got no CPU, and finds it when it had its time", async () => {
    const clock = createFakeClock();
    const breaches: Intent[] = [];
    let beatAtMs = clock.nowMs();
    let starvedMs = 40;
    watchAttempt(clock, clock.monotonicMs(), watched({ blockMs: 500 }, { beatAtMs: () => beatAtMs, starvedMs: () => starvedMs, onBreach: (intent) => void breaches.push(intent) }));
    /** Another program has the CPU: the thread is ready to run all the while. */
    const starve = async (forMs: number): Promise<void> => {
      for (let past = 0; past < forMs; past += 10) {
        await clock.pass(10);
        starvedMs += 10;
      }
    };
    await starve(1990);
    assert.deepEqual(kinds(breaches), [], "it has never run");
    beatAtMs = clock.nowMs();
    await clock.pass(250);
    await starve(1000);
    assert.deepEqual(kinds(breaches), [], "it had 250 ms since its last beat");
    await clock.pass(249);
    assert.deepEqual(kinds(breaches), []);
    // What it has waited between its last beat and the look before that is taken off as well: half a second at most.
    await clock.pass(530);
    assert.equal(breaches.length, 1, "500 ms of its own, and no sign of the loop");
    const [breach] = breaches;
    assert.ok(breach?.kind === "block" && breach.observed >= 500 && breach.observed <= 530);
  });

  it("calls a loop blocked that has been silent for four times its window, whatever CPU it got", async () => {
    const clock = createFakeClock();
    const breaches: Intent[] = [];
    const startedAtMs = clock.monotonicMs();
    const waited = { beatAtMs: () => null, starvedMs: () => clock.monotonicMs() - startedAtMs };
    watchAttempt(clock, startedAtMs, watched({ blockMs: 500 }, { ...waited, onBreach: (intent) => void breaches.push(intent) }));
    await clock.pass(1999);
    assert.deepEqual(kinds(breaches), []);
    await clock.pass(1);
    assert.deepEqual(
      breaches.map((breach) => (breach.kind === "block" ? [breach.limit, breach.observed] : breach)),
      [[500, 500]],
    );
  });

  it("takes a beat of the attempt before, and one of a clock that was set back, for what they are worth", async () => {
    const clock = createFakeClock();
    let beatAtMs = clock.nowMs() - 60_000;
    await clock.pass(60_000);
    const watch = watchAttempt(clock, clock.monotonicMs(), watched({ blockMs: 10_000 }, { beatAtMs: () => beatAtMs }));
    await clock.pass(300);
    assert.equal(watch.silentMs(), 300);
    beatAtMs = clock.nowMs() + 3_600_000;
    assert.equal(watch.silentMs(), 0);
  });

  it("looks more often the nearer a limit is", async () => {
    const { clock, looks, sight } = watchScene({ memoryBytes: 1000 });
    sight.memoryBytes = 600;
    await clock.pass(250);
    assert.deepEqual(looks, [25, 100, 200]);
    sight.memoryBytes = 900;
    await clock.pass(150);
    assert.deepEqual(looks.slice(3), [300, 320, 345, 370, 395]);
  });

  it("tells of a breach once and then looks no more", async () => {
    const { clock, breaches, sight } = watchScene({ memoryBytes: 1000, pids: 3 });
    sight.memoryBytes = 1001;
    sight.tasks = 9;
    await clock.pass(5000);
    assert.deepEqual(kinds(breaches), ["memory@25"]);
    assert.equal(clock.timers(), 0);
  });

  it("is there on the millisecond when a time is up", async () => {
    const { clock, watch, breaches } = watchScene({ timeMs: 1234 });
    await clock.pass(1233);
    watch.beat();
    assert.deepEqual(breaches, []);
    await clock.pass(1);
    assert.deepEqual(kinds(breaches), ["time@1234"]);
  });

  it("counts silence from the last progress, blocked from the last beat", async () => {
    const stalled = watchScene({ stallMs: 1000 });
    await stalled.clock.pass(700);
    stalled.watch.progressed();
    await stalled.clock.pass(999);
    stalled.watch.beat();
    assert.deepEqual(stalled.breaches, []);
    await stalled.clock.pass(1);
    assert.deepEqual(kinds(stalled.breaches), ["stall@1700"]);

    const blocked = watchScene({ blockMs: 1000 });
    await blocked.clock.pass(700);
    blocked.watch.beat();
    assert.equal(blocked.watch.silentMs(), 0);
    await blocked.clock.pass(1000);
    assert.deepEqual(kinds(blocked.breaches), ["block@1700"]);
    assert.equal(blocked.watch.silentMs(), 1000);
  });

  it("takes output as progress where it is told to", async () => {
    const { clock, breaches, sight } = watchScene({ stallMs: 1000 }, { outputIsProgress: true, loop: "none" });
    await clock.pass(900);
    sight.outputBytes = 10;
    await clock.pass(900);
    assert.deepEqual(breaches, []);
    await clock.pass(1000);
    assert.deepEqual(kinds(breaches), ["stall@2000"]);
  });

  it("does not take a failed read for a healthy zero", async () => {
    const { clock, watch, sight } = watchScene({ memoryBytes: 1000 });
    sight.memoryBytes = 400;
    await clock.pass(50);
    Object.assign(sight, { memoryBytes: 0, tasks: 0, trustworthy: false });
    await clock.pass(500);
    assert.equal(watch.peaks().memoryBytes, 400);
    assert.deepEqual(watch.monitor(), { samples: 3, failedReads: 2, lagMsMax: 0 });
  });

  it("obeys the kernel's counters where polling saw nothing", async () => {
    const { clock, breaches, sight } = watchScene({ memoryBytes: 1000 });
    sight.rises = { ...sight.rises, oomKill: 1, ownLimitHit: true };
    await clock.pass(50);
    assert.deepEqual(kinds(breaches), ["memory@25"]);
  });

  it("reads what waits before it judges, when it was late itself", async () => {
    const clock = createFakeClock();
    const breaches: Intent[] = [];
    let lateMs = 0;
    let message: (() => void) | null = () => watch.beat();
    const late: Clock = {
      ...clock,
      nowMs: () => clock.nowMs() + lateMs,
      monotonicMs: () => clock.monotonicMs() + lateMs,
      after: (delayMs, action) =>
        clock.after(delayMs, () => {
          action();
          message?.();
          message = null;
        }),
    };
    const watch = watchAttempt(late, late.monotonicMs(), watched({ blockMs: 500 }, { onBreach: (intent) => void breaches.push(intent) }));
    // Our own process stood still for a second: the beat has arrived meanwhile but is only read after the timer has run.
    lateMs = 1000;
    await clock.step();
    assert.deepEqual([breaches, watch.monitor().lagMsMax], [[], 1000]);
    await clock.pass(500);
    assert.deepEqual(kinds(breaches), ["block@1525"]);
  });

  it("gives a module half a minute to be read, whatever the block and stall budgets, and from then on only the budgets", async () => {
    const stuck = watchScene({ blockMs: 500 }, { loop: "loading" });
    await stuck.clock.pass(29_900);
    assert.deepEqual([kinds(stuck.breaches), stuck.watch.silentMs()], [[], 400]);
    await stuck.clock.pass(200);
    assert.deepEqual(kinds(stuck.breaches), ["block@30000"]);
    const silent = watchScene({ stallMs: 500 }, { loop: "loading" });
    await silent.clock.pass(30_100);
    assert.deepEqual(kinds(silent.breaches), ["stall@30000"]);
    const read = watchScene({ blockMs: 500 }, { loop: "loading" });
    await read.clock.pass(2000);
    // A beat between two files that are read does not say that all have been.
    read.watch.beat();
    await read.clock.pass(1000);
    read.watch.loaded();
    await read.clock.pass(600);
    assert.deepEqual(kinds(read.breaches), ["block@3500"]);
    const waits = watchScene({ stallMs: 500 }, { loop: "loading" });
    await waits.clock.pass(3000);
    waits.watch.loaded();
    await waits.clock.pass(600);
    assert.deepEqual(kinds(waits.breaches), ["stall@3500"]);
  });

  it("looks at once when it is asked to, and never after it was stopped", async () => {
    const { clock, watch, breaches, sight } = watchScene({ outputBytes: 100 });
    sight.outputBytes = 101;
    watch.lookNow();
    assert.deepEqual(kinds(breaches), ["output@0"]);
    const stopped = watchScene({ timeMs: 100 });
    stopped.watch.stop();
    await stopped.clock.pass(1000);
    stopped.watch.lookNow();
    assert.deepEqual([stopped.breaches, stopped.clock.timers(), clock.timers()], [[], 0, 0]);
  });
});
