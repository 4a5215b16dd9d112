import { createHash } from "node:crypto";
import { CofferdamError } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { JournalPort } from "../store/ports.ts";
import type { Reply } from "./reply.ts";
import type { Remember } from "./route.ts";

const KEY_CHARACTERS_MAX = 255;

export interface IdempotencyRequest {
  /** The Idempotency-Key as it was sent; undefined without one. */
  readonly key: string | undefined;
  /** What the key is for: the same key may be used at another address. */
  readonly scope: string;
  readonly body: Buffer;
}

export interface Idempotency {
  /**
   * Runs the request, or gives the answer it was given before. Only success is remembered: what was refused has changed nothing and may be tried again.
   * `run` may store what `remember` makes of its answer together with its work; else that is done right after it.
   */
  once(request: IdempotencyRequest, run: (remember: Remember | null) => Promise<Reply>): Promise<Reply>;
}

export function createIdempotency(deps: { readonly journal: Pick<JournalPort, "idempotency" | "putIdempotency">; readonly clock: Clock }): Idempotency {
  const running = new Set<string>();

  async function first(key: string, request: IdempotencyRequest, run: (remember: Remember | null) => Promise<Reply>): Promise<Reply> {
    const requestHash = createHash("sha256").update(request.body).digest("base64url");
    const before = await deps.journal.idempotency(key);
    if (before !== null) {
      if (before.requestHash === requestHash) return replay(before.status, before.body);
      throw new CofferdamError("idempotency_key_reused", "this Idempotency-Key was used with another body", { hint: "Use a new key for a new request." });
    }
    const remember: Remember = ({ status, headers, body }) => ({ key, requestHash, status, body: JSON.stringify({ headers, body }), createdAtMs: deps.clock.nowMs() });
    const reply = await run(remember);
    // What was remembered in the commit of the work itself stays as it is.
    if (reply.status < 300 && typeof reply.body === "string") await deps.journal.putIdempotency(remember(reply));
    return reply;
  }

  return {
    async once(request, run) {
      if (request.key === undefined) return run(null);
      const key = `${request.scope} ${checkKey(request.key)}`;
      if (running.has(key))
        throw new CofferdamError("request_in_progress", "a request with this Idempotency-Key is still running", { retryAfterSeconds: 1, hint: "Ask again in a second." });
      running.add(key);
      try {
        return await first(key, request, run);
      } finally {
        running.delete(key);
      }
    },
  };
}

/** The draft writes keys as quoted strings; most clients send them bare. Both are the same key. */
function checkKey(written: string): string {
  const key = /^"(.*)"$/.exec(written)?.[1] ?? written;
  if (key.length > 0 && key.length <= KEY_CHARACTERS_MAX) return key;
  throw new CofferdamError("invalid_request", `an Idempotency-Key has 1 to ${KEY_CHARACTERS_MAX} characters`, {
    errors: [{ pointer: "/headers/Idempotency-Key", detail: "has a wrong length" }],
  });
}

function replay(status: number, stored: string): Reply {
  const { headers, body } = JSON.parse(stored) as Pick<Reply, "headers" | "body">;
  return { status, headers: { ...headers, "idempotency-replayed": "true" }, body };
}
