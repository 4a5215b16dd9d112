import type { ContentfulStatusCode } from "hono/utils/http-status";
import { classifyDatabaseError } from "workload-database";
import { messageOf, Refusal } from "../errors.ts";
import type { Log } from "../watch/log.ts";
import type { AppContext } from "./types.ts";

/** `{error:{code, message, details, request_id}}`, for every refusal and failure. */
export function refuse(context: AppContext, refusal: Refusal): Response {
  if (refusal.retryAfterSeconds !== null) context.header("retry-after", String(refusal.retryAfterSeconds));
  // What was not read is not wanted: the connection ends with the answer.
  if (refusal.code === "PAYLOAD_TOO_LARGE") context.header("connection", "close");
  const error = { code: refusal.code, message: refusal.message, details: refusal.details, request_id: context.get("requestId") };
  return context.json({ error }, refusal.status satisfies ContentfulStatusCode);
}

export function answerError(context: AppContext, error: unknown, log: Log): Response {
  if (error instanceof Refusal) return refuse(context, error);
  const away = classifyDatabaseError(error) === "transient";
  log.error("a request failed", { request_id: context.get("requestId"), path: context.req.path, error: messageOf(error) });
  if (away) return refuse(context, new Refusal("DATABASE_UNAVAILABLE", "the database is locked, full or away; try again", { retryAfterSeconds: 5 }));
  return refuse(context, new Refusal("INTERNAL", "this should not have happened; the log has the request_id"));
}
