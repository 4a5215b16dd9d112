import { CofferdamError, ERROR_KINDS } from "../model/index.ts";
import type { Reply } from "./reply.ts";

/** RFC 9457 problem details, with our stable `code` and what to do next. */
export function problemOf(error: CofferdamError, requestId: string) {
  return {
    type: `/errors/${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    instance: requestId,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after_seconds: error.retryAfterSeconds }),
  };
}

export function problem(error: CofferdamError, requestId: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const retryAfter: Record<string, string> = error.retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfterSeconds)) };
  return {
    status: error.status,
    headers: { "content-type": "application/problem+json", ...retryAfter, ...headers },
    body: JSON.stringify(problemOf(error, requestId)),
  };
}

/** Anything that was thrown, as an error a caller may see. What is ours to repair is logged and not shown. */
export function asCofferdamError(thrown: unknown): CofferdamError {
  if (thrown instanceof CofferdamError) return thrown;
  return new CofferdamError("broken_invariant", "the request could not be answered because of a mistake in Cofferdam", {
    cause: thrown,
    hint: "The log has the details under this request's id.",
  });
}

/** What `type` of a problem leads to. */
export function describeError(code: string): string | null {
  const kind = Object.entries(ERROR_KINDS).find(([name]) => name === code)?.[1];
  if (kind === undefined) return null;
  const { title, family, status } = kind;
  return `${code}\n\n${title}.\nHTTP status ${status}; family: ${family}.\n`;
}
