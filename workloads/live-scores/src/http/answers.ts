import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

export interface Envelope {
  readonly success: boolean;
  readonly data: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly timestamp: string;
}

export function envelope(data: unknown, error: Envelope["error"] = null): Envelope {
  return { success: error === null, data, error, timestamp: new Date().toISOString() };
}

export function refuse(context: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return context.json(envelope(null, { code, message }), status);
}
