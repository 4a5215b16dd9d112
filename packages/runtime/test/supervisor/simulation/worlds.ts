// The worlds that a worker of attempts is simulated in: how its process and its wire behave, what its jobs do, and what is asked of it.
import fc from "fast-check";
import type { Fault, PressureLevel } from "../../../src/model/index.ts";
import type { ProcessPlan } from "./process.ts";

export type Step =
  | { readonly do: "wait"; readonly ms: number; readonly hears: boolean }
  | { readonly do: "hold"; readonly ms: number }
  | { readonly do: "progress" | "count" | "checkpoint" | "leak" }
  | { readonly do: "keep"; readonly endMs: number | null }
  | { readonly do: "leave-timer"; readonly ms: number }
  | { readonly do: "stage"; readonly budgetMs: number; readonly ms: number; readonly hears: boolean }
  | { readonly do: "grow"; readonly bytes: number };

export interface Script {
  readonly steps: readonly Step[];
  /** hangs: never returns, with the loop free; listens: until it is asked to end. drains: nothing is left that could ever settle it. blocks: holds the loop for ever. */
  readonly end: "returns" | "throws" | "exits" | "crashes" | "hangs" | "listens" | "drains" | "blocks";
}

export type StopKind = "graceful" | "kill" | "drain" | "stall";

export type Action =
  | { readonly do: "run"; readonly jobs: readonly Script[]; readonly type: Wish }
  | { readonly do: "stop"; readonly pick: number; readonly intent: StopKind; readonly graceMs: number; readonly again: boolean }
  | { readonly do: "until-idle" }
  | { readonly do: "retire" | "look" | "die" | "crash" | "tamper" }
  | { readonly do: "inject"; readonly fault: Fault }
  | { readonly do: "grow"; readonly bytes: number }
  | { readonly do: "pressure"; readonly level: PressureLevel }
  | { readonly do: "steps"; readonly count: number }
  | { readonly do: "pass"; readonly ms: number };

export interface Wish {
  readonly name: "a" | "b";
  readonly timeMs: number | null;
  readonly stallMs: number | null;
  readonly blockMs: number | null;
  readonly graceMs: number;
  /** How long its module takes to be read; null: it has been read. */
  readonly loadMs: number | null;
}

export interface World {
  readonly plan: ProcessPlan;
  readonly isOneOff: boolean;
  readonly attemptsMax: number;
  /** How long it takes to make an intent, or a checkpoint, durable; null: that fails. */
  readonly storeMs: number | null;
  readonly actions: readonly Action[];
}

const oneOf = <const Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const as = <const Name>(name: Name): fc.Arbitrary<Name> => fc.constant(name);

/** Half of the worlds are calm: what ends a worker is rare there, so that it lives through several packs. */
const worldsOf = (mood: "calm" | "hostile"): fc.Arbitrary<World> => {
  const hostile = mood === "hostile" ? 1 : 0;

  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 16, arbitrary: fc.record({ do: as("wait"), ms: oneOf(0, 5, 12, 12, 30, 30, 60, 400), hears: fc.boolean() }) },
    { weight: 16, arbitrary: fc.record({ do: as("hold"), ms: oneOf(1, 12, 12, 30, 30, 60, 900) }) },
    { weight: 4, arbitrary: fc.record({ do: oneOf("progress", "count", "checkpoint") }) },
    { weight: 3, arbitrary: fc.record({ do: as("keep"), endMs: oneOf(0, 20, null) }) },
    { weight: 2, arbitrary: fc.record({ do: as("stage"), budgetMs: oneOf(10, 100), ms: oneOf(5, 50, 3000), hears: fc.boolean() }) },
    { weight: hostile, arbitrary: fc.record({ do: as("leak") }) },
    { weight: hostile, arbitrary: fc.record({ do: as("leave-timer"), ms: oneOf(1, 20, 300) }) },
    { weight: hostile, arbitrary: fc.record({ do: as("grow"), bytes: oneOf(1_000_000, 500_000_000) }) },
  );

  const script: fc.Arbitrary<Script> = fc.record({
    steps: fc.array(step, { maxLength: 3 }),
    end: fc.oneof(
      { weight: 24, arbitrary: as("returns") },
      { weight: 4, arbitrary: oneOf("throws", "hangs", "listens", "listens") },
      { weight: 2 * hostile, arbitrary: oneOf("exits", "crashes", "drains", "blocks") },
    ),
  });

  const wish: fc.Arbitrary<Wish> = fc.record({
    name: oneOf("a", "a", "a", "b"),
    timeMs: hostile === 0 ? as(null) : oneOf(null, null, 10, 40, 300),
    stallMs: hostile === 0 ? as(null) : oneOf(null, null, 200),
    blockMs: hostile === 0 ? as(null) : oneOf(null, null, 300),
    graceMs: oneOf(0, 50, 8000, 8000),
    loadMs: oneOf(null, null, null, null, 0, 40),
  });

  const run: fc.Arbitrary<Action> = fc.record({ do: as("run"), jobs: fc.array(script, { minLength: 1, maxLength: 6 }), type: wish });
  const stop = fc.record({
    do: as("stop"),
    pick: fc.nat({ max: 5 }),
    intent: oneOf("graceful", "graceful", "kill", "drain", "stall"),
    graceMs: oneOf(0, 50, 8000, 8000),
    again: fc.boolean(),
  });

  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 10, arbitrary: run },
    { weight: 2 + 3 * hostile, arbitrary: stop },
    { weight: 16, arbitrary: fc.record({ do: as("steps"), count: fc.integer({ min: 1, max: 8 }) }) },
    { weight: 12, arbitrary: fc.record({ do: as("pass"), ms: oneOf(1, 11, 55, 300, 2000) }) },
    { weight: 8, arbitrary: fc.record({ do: as("until-idle") }) },
    { weight: 2, arbitrary: fc.record({ do: as("look") }) },
    { weight: 2, arbitrary: fc.record({ do: as("pressure"), level: oneOf("none", "some", "high") }) },
    { weight: 2 * hostile, arbitrary: fc.record({ do: oneOf("retire", "retire", "die", "crash", "tamper") }) },
    { weight: hostile, arbitrary: fc.record({ do: as("inject"), fault: oneOf("kill", "block", "stop") }) },
    { weight: hostile, arbitrary: fc.record({ do: as("grow"), bytes: oneOf(1_000_000, 500_000_000) }) },
  );

  const delaysMs = fc.array(oneOf(0, 0, 1, 2, 30, 300), { minLength: 1, maxLength: 6 });
  const others = fc.array(action, { maxLength: 24, size: "max" });

  return fc.record({
    plan: fc.record({
      start: fc.oneof({ weight: 24, arbitrary: as("ready") }, { weight: hostile, arbitrary: oneOf("fails", "never") }),
      startMs: oneOf(0, 0, 40, 40, 40, 29_999),
      toHostMs: delaysMs,
      toWorkerMs: delaysMs,
      exitMs: oneOf(0, 3, 40),
      endMs: oneOf(0, 3, 40),
      captureMs: oneOf(1, 500),
      diesAfter: fc.oneof({ weight: 7, arbitrary: as(null) }, { weight: hostile, arbitrary: fc.integer({ min: 1, max: 12 }) }),
    }),
    isOneOff: fc.oneof({ weight: 14, arbitrary: as(false) }, { weight: hostile, arbitrary: as(true) }),
    attemptsMax: hostile === 0 ? as(100) : oneOf(1, 4, 100, 100, 100),
    storeMs: oneOf(0, 0, 5, 400, null),
    actions: fc
      .oneof(
        { weight: 2, arbitrary: fc.tuple(run, others) },
        // It is up before it is given anything.
        {
          weight: 1,
          arbitrary: fc.tuple(
            as<Action>({ do: "pass", ms: 55 }),
            fc.tuple(run, others).map(([first, more]) => [first].concat(more)),
          ),
        },
      )
      .map(([first, more]) => [first].concat(more)),
  });
};

export const world = fc.oneof(worldsOf("calm"), worldsOf("hostile"));

const PLAIN: Wish = { name: "a", timeMs: null, stallMs: null, blockMs: null, graceMs: 0, loadMs: null };
const SMALL: World = {
  plan: { start: "ready", startMs: 0, toHostMs: [0], toWorkerMs: [0], exitMs: 0, endMs: 0, captureMs: 1, diesAfter: null },
  isOneOff: false,
  attemptsMax: 100,
  storeMs: 0,
  actions: [],
};
const returns: Script = { steps: [], end: "returns" };

/** Where it went wrong once. */
export const FOUND: readonly World[] = [
  // What waits is called back behind the end of the one before it.
  { ...SMALL, actions: [{ do: "run", type: PLAIN, jobs: [{ steps: [{ do: "hold", ms: 900 }], end: "returns" }, returns] }] },
  // The wire is written to before the beginning of one that holds the loop is heard.
  {
    ...SMALL,
    plan: { ...SMALL.plan, toHostMs: [30] },
    actions: [
      { do: "run", type: PLAIN, jobs: [returns] },
      { do: "until-idle" },
      { do: "run", type: PLAIN, jobs: [{ steps: [], end: "blocks" }] },
      { do: "pass", ms: 1 },
      { do: "tamper" },
    ],
  },
  // One breaks a budget so early that nobody has looked at it, and has a long grace time; the one before it has ended.
  { ...SMALL, actions: [{ do: "run", type: { ...PLAIN, timeMs: 10, graceMs: 60_000 }, jobs: [returns, { steps: [], end: "hangs" }] }] },
];
