// Random histories against a queue in memory that is too small to be wrong.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { JobState, Lease, NewJob, Next } from "../../src/model/index.ts";
import type { Case, InCase } from "./queue.ts";
import { makeSettlement } from "./make.ts";

interface ModelJob {
  readonly id: string;
  readonly type: string;
  readonly uniqueKey: string | null;
  state: JobState;
  priority: number;
  runAtMs: number;
  attempt: number;
  errors: number;
  deaths: number;
  cancelling: boolean;
}

interface Model {
  nowMs: number;
  readonly jobs: Map<string, ModelJob>;
}

interface Real {
  readonly given: Case;
  /** Leases in the order they were given; ended ones stay, to be tried again as stale. */
  readonly leases: Lease[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** One seed: the same histories on every machine and every run. */
const SEED = 20260;

export function queueModelConformance(inCase: InCase): void {
  inCase("random histories: no job lost, none leased twice, stale tokens refused", async (given) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(commandArbitraries(), { maxCommands: 80, size: "max" }), async (commands) => {
        run += 1;
        const lane = `${given.lane}-${run}`;
        await fc.asyncModelRun(() => ({ model: { nowMs: given.nowMs, jobs: new Map() }, real: { given: inLane(given, lane), leases: [] } }), commands);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
}

/** Every history has a lane and types of its own. */
function inLane(given: Case, lane: string): Case {
  return {
    ...given,
    lane,
    job: (wish = {}) => given.job({ ...wish, lane, type: `${wish.type ?? "a"}-${lane}` }),
    claim: (wish = {}) => given.claim({ ...wish, lane }),
    async counts() {
      const found: Record<string, number> = {};
      for (const each of await given.queue.counts()) if (each.lane === lane) found[each.state] = (found[each.state] ?? 0) + each.count;
      return found;
    },
  };
}

function commandArbitraries(): fc.Arbitrary<Command>[] {
  const pick = fc.nat({ max: 30 });
  return [
    fc
      .record({ type: fc.constantFrom("a", "b"), priority: fc.integer({ min: -2, max: 2 }), delayMs: fc.constantFrom(-5, 0, 50), uniqueKey: fc.constantFrom(null, null, "k", "m") })
      .map(enqueue),
    fc.record({ type: fc.constantFrom("a", "b"), priority: fc.integer({ min: -2, max: 2 }), delayMs: fc.constant(0), uniqueKey: fc.constant(null) }).map(enqueue),
    fc.record({ limit: fc.integer({ min: 1, max: 4 }), limitOfA: fc.constantFrom(null, 0, 1) }).map(claim),
    fc.record({ pick, next: fc.constantFrom<NextWish>("complete", "retry-now", "retry-later", "retry-drained", "quarantine", "give-up") }).map(settle),
    pick.map(release),
    pick.map(cancel),
    pick.map(retry),
    pick.map(releaseQuarantined),
    fc.record({ pick, priority: fc.integer({ min: -2, max: 2 }), delayMs: fc.constantFrom(0, 30) }).map(reschedule),
    fc.constantFrom(1, 25, 60).map(advance),
  ];
}

type NextWish = "complete" | "retry-now" | "retry-later" | "retry-drained" | "quarantine" | "give-up";

function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, real) {
      await run(model, real);
      assert.deepEqual(await real.given.counts(), countsOf(model));
    },
    toString: () => name,
  };
}

function enqueue(wish: { type: string; priority: number; delayMs: number; uniqueKey: string | null }): Command {
  return command(`enqueue(${JSON.stringify(wish)})`, async (model, { given }) => {
    const item: NewJob = given.job({ type: wish.type, priority: wish.priority, createdAtMs: model.nowMs, runAtMs: model.nowMs + wish.delayMs, uniqueKey: wish.uniqueKey });
    const holder = [...model.jobs.values()].find((job) => job.uniqueKey !== null && job.uniqueKey === item.uniqueKey && job.type === item.type && holdsKey(job.state));
    const [result] = await given.queue.enqueue([item]);
    const state = wish.delayMs > 0 ? "scheduled" : "ready";
    assert.deepEqual(result, holder === undefined ? { id: item.id, state, deduplicated: false } : { id: holder.id, state: holder.state, deduplicated: true });
    if (holder !== undefined) return;
    const { id, type, uniqueKey, priority, runAtMs } = item;
    model.jobs.set(id, { id, type, uniqueKey, state, priority, runAtMs, attempt: 0, errors: 0, deaths: 0, cancelling: false });
  });
}

function claim({ limit, limitOfA }: { limit: number; limitOfA: number | null }): Command {
  return command(`claim(${limit}, a: ${limitOfA})`, async (model, real) => {
    const perType = new Map(limitOfA === null ? [] : [[`a-${real.given.lane}`, limitOfA]]);
    const expected = expectClaim(model, limit, perType);
    const leases = await real.given.claim({ limit, perType, nowMs: model.nowMs });
    assert.deepEqual(
      leases.map((lease) => ({ id: lease.jobId, attempt: lease.attempt, errors: lease.errors, deaths: lease.deaths })),
      expected.map((job) => ({ id: job.id, attempt: job.attempt, errors: job.errors, deaths: job.deaths })),
    );
    real.leases.push(...leases);
  });
}

function expectClaim(model: Model, limit: number, perType: ReadonlyMap<string, number>): readonly ModelJob[] {
  for (const job of model.jobs.values()) if (isDue(job, model.nowMs)) job.state = "ready";
  const left = new Map(perType);
  const chosen: ModelJob[] = [];
  const ready = [...model.jobs.values()].filter((job) => job.state === "ready").sort((a, b) => b.priority - a.priority || a.runAtMs - b.runAtMs || (a.id < b.id ? -1 : 1));
  for (const job of ready) {
    const mayTake = left.get(job.type) ?? Number.POSITIVE_INFINITY;
    if (chosen.length >= limit || mayTake <= 0) continue;
    left.set(job.type, mayTake - 1);
    chosen.push(job);
  }
  for (const job of chosen) {
    job.state = "running";
    job.attempt += 1;
  }
  return chosen;
}

function settle({ pick, next }: { pick: number; next: NextWish }): Command {
  return command(`settle(${pick}, ${next})`, async (model, real) => {
    const lease = real.leases[pick % Math.max(1, real.leases.length)];
    if (lease === undefined) return;
    const endedAtMs = Math.max(model.nowMs, lease.leasedAtMs);
    const isHeld = holds(model, real, lease);
    const [outcome] = await real.given.queue.settle([makeSettlement(lease, toNext(next, endedAtMs), endedAtMs)]);
    assert.equal(outcome === "stale", !isHeld);
    const job = model.jobs.get(lease.jobId);
    if (isHeld && job !== undefined) applyNext(job, next, endedAtMs);
  });
}

function applyNext(job: ModelJob, next: NextWish, endedAtMs: number): void {
  const isRetry = next.startsWith("retry");
  if (isRetry && job.cancelling) {
    job.state = "cancelled";
    return;
  }
  if (isRetry) job.runAtMs = endedAtMs + (next === "retry-later" ? 40 : 0);
  if (next === "retry-now" || next === "give-up") job.errors += 1;
  if (next === "retry-later" || next === "quarantine") job.deaths += 1;
  const states: Record<NextWish, JobState> = {
    complete: "succeeded",
    "retry-now": "ready",
    "retry-drained": "ready",
    "retry-later": "retrying",
    quarantine: "quarantined",
    "give-up": "failed",
  };
  job.state = states[next];
}

function toNext(wish: NextWish, endedAtMs: number): Next {
  switch (wish) {
    case "complete":
      return { kind: "complete" };
    case "retry-now":
      return { kind: "retry", runAtMs: endedAtMs, counts: "error", reason: "again" };
    case "retry-drained":
      return { kind: "retry", runAtMs: endedAtMs, counts: "none", reason: "drained" };
    case "retry-later":
      return { kind: "retry", runAtMs: endedAtMs + 40, counts: "death", reason: "later" };
    case "quarantine":
      return { kind: "quarantine", counts: "death", reason: "poison" };
    case "give-up":
      return { kind: "give-up", counts: "error", reason: "enough" };
  }
}

function release(pick: number): Command {
  return command(`release(${pick})`, async (model, real) => {
    const lease = real.leases[pick % Math.max(1, real.leases.length)];
    if (lease === undefined) return;
    const isHeld = holds(model, real, lease);
    await real.given.queue.release([lease]);
    const job = model.jobs.get(lease.jobId);
    if (!isHeld || job === undefined) return;
    job.attempt -= 1;
    job.state = job.cancelling ? "cancelled" : "ready";
  });
}

function cancel(pick: number): Command {
  return command(`cancel(${pick})`, async (model, { given }) => {
    const job = pickJob(model, pick);
    if (job === undefined) return;
    const expected = isEndedState(job.state) ? "ended" : job.state === "running" ? "running" : "cancelled";
    assert.equal(await given.queue.cancel(job.id, "model", "", model.nowMs), expected);
    if (expected === "running") job.cancelling = true;
    if (expected === "cancelled") job.state = "cancelled";
  });
}

function retry(pick: number): Command {
  return command(`retry(${pick})`, async (model, { given }) => {
    const job = pickJob(model, pick);
    if (job === undefined) return;
    const isTaken = isEndedState(job.state) && [...model.jobs.values()].some((other) => other.uniqueKey !== null && sameKey(other, job) && holdsKey(other.state));
    if (isTaken) {
      await assert.rejects(given.queue.retry(job.id, model.nowMs), { code: "unique_key_taken" });
      return;
    }
    const mayRun = isEndedState(job.state) || job.state === "quarantined";
    assert.equal(await given.queue.retry(job.id, model.nowMs), mayRun ? "ready" : "not-ended");
    if (mayRun) runAgain(job, model.nowMs);
  });
}

function releaseQuarantined(pick: number): Command {
  return command(`releaseQuarantined(${pick})`, async (model, { given }) => {
    const job = pickJob(model, pick);
    if (job === undefined) return;
    const isQuarantined = job.state === "quarantined";
    assert.equal(await given.queue.releaseQuarantined(job.id, null, model.nowMs), isQuarantined ? "ready" : "not-quarantined");
    if (isQuarantined) runAgain(job, model.nowMs);
  });
}

function runAgain(job: ModelJob, nowMs: number): void {
  Object.assign(job, { state: "ready", runAtMs: nowMs, errors: 0, deaths: 0, cancelling: false });
}

function reschedule(wish: { pick: number; priority: number; delayMs: number }): Command {
  return command(`reschedule(${JSON.stringify(wish)})`, async (model, { given }) => {
    const job = pickJob(model, wish.pick);
    if (job === undefined) return;
    const expected = job.state === "running" ? "running" : isEndedState(job.state) || job.state === "quarantined" ? "ended" : "changed";
    const runAtMs = model.nowMs + wish.delayMs;
    assert.equal(await given.queue.reschedule(job.id, { priority: wish.priority, runAtMs }, model.nowMs), expected);
    if (expected !== "changed") return;
    job.state = wish.delayMs === 0 ? "ready" : job.state === "retrying" ? "retrying" : "scheduled";
    job.priority = wish.priority;
    job.runAtMs = runAtMs;
  });
}

function advance(ms: number): Command {
  return command(`advance(${ms})`, async (model) => {
    model.nowMs += ms;
  });
}

/** The last lease given for a running job is the one that holds it. */
function holds(model: Model, real: Real, lease: Lease): boolean {
  const last = real.leases.findLast((each) => each.jobId === lease.jobId);
  return model.jobs.get(lease.jobId)?.state === "running" && last === lease;
}

function pickJob(model: Model, pick: number): ModelJob | undefined {
  return [...model.jobs.values()][pick % Math.max(1, model.jobs.size)];
}

function isDue(job: ModelJob, nowMs: number): boolean {
  return (job.state === "scheduled" || job.state === "retrying") && job.runAtMs <= nowMs;
}

function isEndedState(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

function holdsKey(state: JobState): boolean {
  return !isEndedState(state);
}

function sameKey(a: ModelJob, b: ModelJob): boolean {
  return a.id !== b.id && a.uniqueKey === b.uniqueKey && a.type === b.type;
}

function countsOf(model: Model): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of model.jobs.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
