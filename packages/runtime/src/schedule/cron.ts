import { Cron } from "croner";
import { CofferdamError } from "../model/index.ts";

/** The slots of one cron expression in one time zone, as Unix ms. */
export interface Slots {
  /** The first slot after this time; null when there is none any more. */
  next(afterMs: number): number | null;
  /** The last slot at or before this time. */
  latest(atMs: number): number | null;
}

const CACHE_MAX = 1000;
const cache = new Map<string, Slots>();

/** Reads a cron expression of five or six fields (seconds first) or one of @hourly, @daily, @weekly, @monthly, @yearly.
 * @throws CofferdamError `invalid_option` */
export function readCron(cron: string, timeZone: string): Slots {
  const cacheKey = `${timeZone}\n${cron}`;
  const known = cache.get(cacheKey);
  if (known !== undefined) return known;
  const slots = parse(cron, timeZone);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(cacheKey, slots);
  return slots;
}

/**
 * Checks a schedule's times before it is stored.
 * @throws CofferdamError `invalid_option` when the expression or the time zone cannot be understood, or when it never comes true ("0 0 31 2 *").
 */
export function validateCron(cron: string, timeZone: string, nowMs: number): void {
  if (readCron(cron, timeZone).next(nowMs) === null) {
    throw new CofferdamError("invalid_option", `cron: ${JSON.stringify(cron)} never comes true`, { hint: "There is no such day, such as 31 February." });
  }
}

function parse(cron: string, timeZone: string): Slots {
  refuseUnlessZone(timeZone);
  // The parser also takes a date as "once"; a schedule that fires once is a delayed job.
  if (!cron.trim().startsWith("@") && ![5, 6].includes(cron.trim().split(/\s+/).length)) throw refuse(cron, "it needs five fields, or six with seconds");
  const parsed = construct(cron, timeZone);
  return {
    next: (afterMs) => parsed.nextRun(new Date(afterMs))?.getTime() ?? null,
    latest: (atMs) => parsed.previousRuns(1, new Date(atMs + 1))[0]?.getTime() ?? null,
  };
}

function construct(cron: string, timeZone: string): Cron {
  try {
    return new Cron(cron, { timezone: timeZone, paused: true, mode: "5-or-6-parts" });
  } catch (error) {
    throw refuse(cron, error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error), error);
  }
}

function refuse(cron: string, why: string, cause?: unknown): CofferdamError {
  return new CofferdamError("invalid_option", `cron: ${JSON.stringify(cron)} is not a cron expression: ${why}`, {
    hint: 'Write minute, hour, day, month and weekday, such as "0 3 * * *" for 3:00 every day or "*/15 * * * *" for every quarter of an hour.',
    cause,
  });
}

function refuseUnlessZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    throw new CofferdamError("invalid_option", `timeZone: ${JSON.stringify(timeZone)} is not a time zone`, {
      hint: 'Use an IANA name, such as "Europe/Vienna" or "UTC".',
      cause: error,
    });
  }
}
