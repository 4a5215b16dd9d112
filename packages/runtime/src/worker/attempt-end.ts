import { fstatSync } from "node:fs";
import type { Rest } from "../model/index.ts";
import type { AttemptEnded } from "../wire/index.ts";
import { elapsedMs } from "./elapsed.ts";
import { describeError } from "./errors.ts";

const RESULT_BYTES_MAX = 16 * 1024 * 1024;

/** Where one attempt ends and the next begins. */
export interface Boundary {
  readonly elapsedMs: number;
  readonly cpuMicros: number;
  readonly logOffset: number;
}

/** What the job's function came to; a result is JSON, "" for none. */
export type Ending = { readonly outcome: "returned"; readonly result: string } | { readonly outcome: "threw"; readonly error: unknown };

/** An attempt's end that the host does not know of yet. */
export interface Unsaid {
  readonly message: AttemptEnded;
  readonly payload: string;
  readonly boundary: Boundary;
}

export function lookAround(): Boundary {
  const { user, system } = process.cpuUsage();
  return { elapsedMs: elapsedMs(), cpuMicros: user + system, logOffset: logOffset() };
}

/** Size of the log so far: standard output is a file that the supervisor gave us. */
function logOffset(): number {
  try {
    return fstatSync(1).size;
  } catch {
    return 0;
  }
}

export function wordEnding(attemptId: string, ending: Ending, { begun, rest }: { readonly begun: Boundary; readonly rest: Rest | null }): Unsaid {
  const boundary = lookAround();
  const shared = {
    kind: "ended" as const,
    attemptId,
    logOffset: boundary.logOffset,
    wallMs: Math.round((boundary.elapsedMs - begun.elapsedMs) * 1000) / 1000,
    cpuMicros: boundary.cpuMicros - begun.cpuMicros,
    ...(rest === null ? {} : { rest }),
  };
  if (ending.outcome === "returned") return { message: { ...shared, outcome: "returned" }, payload: ending.result, boundary };
  return { message: { ...shared, outcome: "threw", error: describeError(ending.error) }, payload: "", boundary };
}

/** @throws TypeError or RangeError when the result cannot be kept. */
export function serializeResult(result: unknown): string {
  if (result === undefined) return "";
  const text = JSON.stringify(result);
  if (text === undefined) throw new TypeError("the job returned something that is not a JSON value");
  if (Buffer.byteLength(text) > RESULT_BYTES_MAX) throw new RangeError(`the job returned ${Buffer.byteLength(text)} bytes of JSON; at most ${RESULT_BYTES_MAX} are kept`);
  return text;
}
