import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** RFC 9457. */
export function problem(context: Context, status: ContentfulStatusCode, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}): Response {
  return context.body(JSON.stringify({ type: `about:blank#${code}`, title: code.replaceAll("_", " "), status, code, detail, ...more }), status, {
    "content-type": "application/problem+json",
  });
}
