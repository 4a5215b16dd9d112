import type { ScheduleRecord } from "../model/index.ts";
import type { Slots } from "./cron.ts";

export interface DueSlots {
  /** The slot to fire now. */
  readonly fireMs: number | null;
  /** Slots that pass without a job; counted up to a thousand at a time. */
  readonly missed: number;
  /** The last slot that is dealt with by this; the next question starts after it. */
  readonly lastSlotMs: number;
}

/** A slot is on time until this much later: the alarm looks at least once a minute. */
export const ON_TIME_MS = 90_000;
const COUNT_MAX = 1000;
const AHEAD_MS_MAX = 86_400_000;

/**
 * Which slots have come since the last one, and what is to be done with them. Never more than one job for them all: the latest.
 * @returns null when no slot has come.
 */
export function dueSlots(slots: Slots, lastSlotMs: number, nowMs: number, catchUp: ScheduleRecord["catchUp"]): DueSlots | null {
  let latestMs = slots.next(lastSlotMs);
  if (latestMs === null || latestMs > nowMs) return null;
  let count = 1;
  for (let nextMs = slots.next(latestMs); nextMs !== null && nextMs <= nowMs && count < COUNT_MAX; nextMs = slots.next(latestMs)) {
    latestMs = nextMs;
    count += 1;
  }
  if (count === COUNT_MAX) latestMs = Math.max(latestMs, slots.latest(nowMs) ?? latestMs);
  const fires = catchUp === "latest" || nowMs - latestMs <= ON_TIME_MS;
  return { fireMs: fires ? latestMs : null, missed: fires ? count - 1 : count, lastSlotMs: latestMs };
}

/** Slots count from the last one dealt with, and from the last change: a new or resumed schedule owes nothing from before. */
export function referenceMs(record: ScheduleRecord): number {
  return Math.max(record.lastSlotMs ?? 0, record.updatedAtMs);
}

/**
 * A clock that was set back must not fire slots again, so a reference in the future stands. One that lies a day and more ahead was written
 * by a clock that was wrong: it is forgotten, or the schedule would sleep until then.
 */
export function withoutFalseFuture(record: ScheduleRecord, nowMs: number): ScheduleRecord {
  if (referenceMs(record) - nowMs <= AHEAD_MS_MAX) return record;
  return { ...record, lastSlotMs: record.lastSlotMs === null ? null : Math.min(record.lastSlotMs, nowMs), updatedAtMs: Math.min(record.updatedAtMs, nowMs) };
}

/** "report.daily@2026-03-29T01:00:00.000Z": one job for each slot, however often it is asked for. */
export function slotName(key: string, slotMs: number): string {
  return `${key}@${new Date(slotMs).toISOString()}`;
}
