import type { Cause } from "cofferdam";

/** A job that misbehaves in one way, and how its end has to be named. */
export interface Ship {
  readonly type: string;
  readonly expected: Cause;
  /** What the verdict (with its evidence and the leaks) has to say besides the cause: the right word alone is not enough. */
  readonly proof: RegExp;
}

export const SHIPS_LANE = "ships";

/** Ends by itself or by its budget. */
export const FLEET: readonly Ship[] = [
  { type: "ship.leaves-a-child", expected: "succeeded", proof: /left behind 1 process.*"command":"sleep 600"/ },
  { type: "ship.throws", expected: "failed", proof: /the chart ends here.*throws\.ts:8/ },
  { type: "ship.exits-by-itself", expected: "exited", proof: /code 7.*exits-by-itself\.ts:9/ },
  { type: "ship.fills-the-heap", expected: "out-of-heap", proof: /heap limit, bytes/ },
  { type: "ship.fills-memory", expected: "over-memory", proof: /192 MiB/ },
  { type: "ship.forks-without-end", expected: "over-pids", proof: /40/ },
  { type: "ship.fills-the-disk", expected: "resource-exhausted", proof: /ENOSPC/ },
  { type: "ship.never-arrives", expected: "over-time", proof: /time limit/ },
  { type: "ship.lies-becalmed", expected: "stalled", proof: /2 of 5/ },
  { type: "ship.sails-in-circles", expected: "blocked", proof: /sailInCircles \([^)]*sails-in-circles\.ts:4:/ },
  { type: "ship.bad-regex", expected: "blocked", proof: /isWords \([^)]*reads-with-a-bad-regex\.ts:5:/ },
  { type: "ship.floods-its-log", expected: "over-output", proof: /water in the hold/ },
  { type: "ship.hits-a-rock", expected: "crashed", proof: /SIGSEGV/ },
  { type: "ship.sunk-by-a-stranger", expected: "killed", proof: /did not send/ },
  { type: "ship.waits-for-a-lock", expected: "lock-contention", proof: /database is locked/ },
];

/** Cancelled by the demo as soon as it says where it is. */
export const CALLED_BACK: Ship = { type: "ship.called-back", expected: "cancelled", proof: /the weather turned/ };
/** Sails with a second runtime, which is killed. */
export const LOST: Ship = { type: "ship.loses-its-fleet", expected: "lost", proof: /ended without a word/ };
/** Sails in a compartment that is smaller than its budget, where the machine can make one. */
export const OOM_KILLED: Ship = { type: "ship.drinks-the-harbour", expected: "oom-killed", proof: /memory ran out above its own budget/ };
