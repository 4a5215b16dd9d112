import type { SQLOutputValue } from "node:sqlite";
import { assert, isCause, type Cause, type JobState } from "../model/index.ts";

/** The numbers by which states are stored. On disk for ever: never change one, only add. */
export const STATE_CODES = { scheduled: 0, ready: 1, running: 2, retrying: 3, succeeded: 4, failed: 5, cancelled: 6, quarantined: 7 } as const satisfies Record<JobState, number>;

export const STATE_COUNT = 8;

const STATE_NAMES: readonly JobState[] = ["scheduled", "ready", "running", "retrying", "succeeded", "failed", "cancelled", "quarantined"];

export function stateOf(code: number): JobState {
  const state = STATE_NAMES[code];
  assert(state !== undefined, `a stored state is one of the known ones, not ${code}`);
  return state;
}

export type Row = Record<string, SQLOutputValue>;

export function integer(value: SQLOutputValue | undefined): number {
  assert(typeof value === "number", "a stored number is a number");
  return value;
}

export function text(value: SQLOutputValue | undefined): string {
  assert(typeof value === "string", "a stored text is a text");
  return value;
}

export function integerOrNull(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : integer(value);
}

export function textOrNull(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : text(value);
}

export function causeOrNull(value: SQLOutputValue | undefined): Cause | null {
  if (value === null || value === undefined) return null;
  assert(isCause(value), "a stored cause is one of the known ones");
  return value;
}

/** JSON that this room wrote itself; its shape is the shape that was written. */
export function json<T>(value: SQLOutputValue | undefined): T {
  return JSON.parse(text(value)) as T;
}

export function jsonOrNull<T>(value: SQLOutputValue | undefined): T | null {
  return value === null || value === undefined ? null : json<T>(value);
}

/** A unique key counts within its type, whatever the lane. */
export function uniqueScope(type: string, key: string): string {
  return `${type}\n${key}`;
}

export function uniqueKeyOf(scope: string | null): string | null {
  return scope === null ? null : scope.slice(scope.indexOf("\n") + 1);
}

/** An attempt and its lease are the same 128 bits under two prefixes: one column for both. */
export function attemptIdOf(token: string): string {
  return `a${token.slice(1)}`;
}
