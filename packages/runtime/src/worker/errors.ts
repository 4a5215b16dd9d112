import type { AbortReason } from "../wire/index.ts";
import type { ErrorInfo } from "../model/index.ts";

const TEXT_MAX = 16_000;

/** Why a job is asked to end; what `job.signal.reason` is. */
export class JobAbort extends Error {
  override readonly name = "JobAbort";
  readonly kind: AbortReason["kind"];

  constructor(reason: AbortReason) {
    super(reason.text);
    this.kind = reason.kind;
  }
}

/** What a job threw, whatever it was, as plain data. Never throws itself. */
export function describeError(thrown: unknown): ErrorInfo {
  try {
    if (thrown instanceof Error) {
      return {
        name: String(thrown.name),
        message: String(thrown.message).slice(0, TEXT_MAX),
        code: codeOf(thrown),
        stack: stackWithCauses(thrown).slice(0, TEXT_MAX),
        retryable: !("retryable" in thrown && thrown.retryable === false),
      };
    }
    return { name: "NotAnError", message: String(typeof thrown === "object" ? JSON.stringify(thrown) : thrown).slice(0, TEXT_MAX), code: null, stack: null, retryable: true };
  } catch {
    return { name: "NotAnError", message: "something that cannot be put into words was thrown", code: null, stack: null, retryable: true };
  }
}

function codeOf(error: Error): string | null {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    const code = errorCode(current);
    if (code !== null) return code;
  }
  return null;
}

/** node:sqlite says ERR_SQLITE_ERROR and puts the truth into errcode: 5 is SQLITE_BUSY, 6 SQLITE_LOCKED, 13 SQLITE_FULL. */
function errorCode(error: Error): string | null {
  if ("code" in error && error.code === "ERR_SQLITE_ERROR" && "errcode" in error && typeof error.errcode === "number") {
    const primary = error.errcode & 0xff;
    if (primary === 5) return "SQLITE_BUSY";
    if (primary === 6) return "SQLITE_LOCKED";
    if (primary === 13) return "ENOSPC";
  }
  return "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? String(error.code) : null;
}

function stackWithCauses(error: Error): string {
  let text = String(error.stack ?? `${error.name}: ${error.message}`);
  let cause = error.cause;
  for (let depth = 0; cause instanceof Error && depth < 3; depth += 1) {
    text += `\ncaused by: ${String(cause.stack ?? cause.message)}`;
    cause = cause.cause;
  }
  return text;
}

/** "file:line:column" of the place in the user's own code: the frame in the given module, else the first one outside of this package and of Node. */
export function placeOf(error: unknown, moduleUrl: string): string {
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  const places = [...stack.matchAll(/(file:\/\/[^\s()]+?:\d+(?::\d+)?)/g)].map((match) => match[1] ?? "").filter((place) => !place.startsWith(OWN_PACKAGE));
  const found = places.find((place) => place.startsWith(moduleUrl)) ?? places[0] ?? moduleUrl;
  return found.replace("file://", "");
}

/** A stack without the frames of this package at its end. */
export function userFrames(stack: string | undefined): string | null {
  if (stack === undefined) return null;
  const lines = stack.split("\n");
  const own = lines.findIndex((line, index) => index > 0 && line.includes(OWN_PACKAGE));
  return (own < 0 ? lines : lines.slice(0, own)).join("\n");
}

const OWN_PACKAGE = new URL("../", import.meta.url).href;
