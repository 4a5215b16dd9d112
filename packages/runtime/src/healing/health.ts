import { formatDuration } from "../model/index.ts";
import { EMPTY_WINDOW, findTooMany, noteEnd, type IntensityRule, type Window } from "./intensity.ts";

export interface HealingRule {
  readonly intensity: IntensityRule;
  /** How long nothing is started after the first trip; doubled with each further one, up to the most. */
  readonly cooldownMs: number;
  readonly cooldownMsMax: number;
  /** How long a step of the ramp is watched before the next one. */
  readonly observeMs: number;
}

/** How a lane or a job type is. */
export type Health =
  | { readonly kind: "steady"; readonly window: Window; readonly trips: number; readonly sinceMs: number }
  /** Nothing is started until then. */
  | { readonly kind: "tripped"; readonly sinceMs: number; readonly untilMs: number; readonly trips: number; readonly reason: string }
  /** So many at once; more when this step has been watched and nothing failed. */
  | {
      readonly kind: "ramping";
      readonly allowed: number;
      /** When this step began. */
      readonly sinceMs: number;
      /** When it was last brought to one. */
      readonly fromMs: number;
      /** Ends in this step, of attempts that began since it was last brought to one. */
      readonly succeeded: number;
      readonly failed: number;
      /** One that began in this step has succeeded. */
      readonly proven: boolean;
      /** Failures in a row with only one allowed. */
      readonly failedAlone: number;
      readonly trips: number;
      readonly reason: string;
    };

/** Failures in a row at one at a time: it is no better than it was. */
export const FAILED_ALONE_MAX = 3;
/** A step with many ends may have this share of failures; one with few may have none. */
export const STEP_FAILED_SHARE_MAX = 0.1;

export const STEADY: Health = { kind: "steady", window: EMPTY_WINDOW, trips: 0, sinceMs: 0 };

/** How an attempt went. */
export interface Outcome {
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly failed: boolean;
}

/** An attempt has ended: the same health when that tells nothing. */
export function afterEnd(health: Health, end: Outcome, rule: HealingRule): Health {
  switch (health.kind) {
    case "steady": {
      const window = noteEnd(health.window, end, rule.intensity);
      const tooMany = end.failed ? findTooMany(window, rule.intensity) : null;
      if (tooMany === null) return { ...health, window };
      return trip(health.trips, end.atMs, `${tooMany.failed} of the last ${tooMany.ended} attempts failed within ${formatDuration(rule.intensity.windowMs)}`, rule);
    }
    case "tripped":
      // What was still running when it tripped tells nothing new.
      return health;
    case "ramping":
      // Nor does what was still running when it was last brought to one.
      return end.startedAtMs < health.fromMs ? health : afterRampEnd(health, end, rule);
  }
}

/** Of short attempts many have begun before we hear of the end of an earlier one, or make a step: failures and successes among them weigh alike, but only what began in a step proves it. */
function afterRampEnd(health: Extract<Health, { kind: "ramping" }>, end: Outcome, rule: HealingRule): Health {
  if (!end.failed) return { ...health, succeeded: health.succeeded + 1, proven: health.proven || end.startedAtMs >= health.sinceMs, failedAlone: 0 };
  const failed = health.failed + 1;
  if (failed <= STEP_FAILED_SHARE_MAX * (failed + health.succeeded)) return { ...health, failed };
  const wasAlone = health.allowed === 1;
  const failedAlone = wasAlone ? health.failedAlone + 1 : 0;
  if (failedAlone >= FAILED_ALONE_MAX) return trip(health.trips, end.atMs, `${failedAlone} attempts in a row failed while only one was allowed`, rule);
  return { ...health, allowed: 1, sinceMs: end.atMs, fromMs: wasAlone ? health.fromMs : end.atMs, succeeded: 0, failed: 0, proven: false, failedAlone };
}

function trip(tripsBefore: number, atMs: number, reason: string, rule: HealingRule): Health {
  const cooldownMs = Math.min(rule.cooldownMs * 2 ** tripsBefore, rule.cooldownMsMax);
  return { kind: "tripped", sinceMs: atMs, untilMs: atMs + cooldownMs, trips: tripsBefore + 1, reason };
}

/** Time has passed. `full`: what is allowed when it is well; a ramp that reaches it is over. */
export function atTime(health: Health, nowMs: number, full: number, rule: HealingRule): Health {
  switch (health.kind) {
    case "steady":
      // Quiet for long enough: earlier trips are forgiven.
      return health.trips > 0 && nowMs - health.sinceMs >= 2 * rule.cooldownMsMax ? { ...health, trips: 0 } : health;
    case "tripped":
      return nowMs < health.untilMs ? health : beginRamp(health.trips, health.reason, nowMs);
    case "ramping": {
      if (!health.proven || nowMs - health.sinceMs < rule.observeMs) return health;
      const allowed = health.allowed * 2;
      if (health.allowed >= full || allowed > full) return { kind: "steady", window: EMPTY_WINDOW, trips: health.trips, sinceMs: nowMs };
      return { ...health, allowed, sinceMs: nowMs, succeeded: 0, failed: 0, proven: false, failedAlone: 0 };
    }
  }
}

/** One at a time, from now on. */
export function beginRamp(trips: number, reason: string, nowMs: number): Health {
  return { kind: "ramping", allowed: 1, sinceMs: nowMs, fromMs: nowMs, succeeded: 0, failed: 0, proven: false, failedAlone: 0, trips, reason };
}

/** How many may run at once; null: as many as usual. */
export function allowedOf(health: Health): number | null {
  switch (health.kind) {
    case "steady":
      return null;
    case "tripped":
      return 0;
    case "ramping":
      return health.allowed;
  }
}

/** When time alone changes it; null: only an end can. */
export function nextChangeMs(health: Health, rule: HealingRule): number | null {
  switch (health.kind) {
    case "steady":
      return null;
    case "tripped":
      return health.untilMs;
    case "ramping":
      return health.proven ? health.sinceMs + rule.observeMs : null;
  }
}

/** After a restart: what was tripped stays so; a ramp begins anew; the window of what was steady is forgotten. */
export function afterRestart(health: Health, nowMs: number): Health {
  if (health.kind === "ramping") return beginRamp(health.trips, health.reason, nowMs);
  return health.kind === "steady" ? { ...health, window: EMPTY_WINDOW } : health;
}
