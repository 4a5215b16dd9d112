import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopbackHost } from "workload-command-line";
import { Refusal } from "../errors.ts";
import type { AppContext } from "./types.ts";

/** `Authorization: Bearer …` or `X-API-Key`. */
export function keyOf(context: AppContext): string | null {
  const bearer = /^Bearer\s+(.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  return bearer?.trim() ?? context.req.header("x-api-key") ?? null;
}

/** Without a key configured only this machine may call. @throws Refusal `UNAUTHORIZED` without a key, `FORBIDDEN` with a wrong one */
export function assertAllowed(context: AppContext, key: string | null): void {
  if (key === null) {
    // A browser of this machine is one too: the name that it asked for tells whether it was led here.
    if (isLoopback(addressOf(context)) && isLoopbackHost(context.req.header("host") ?? "")) return;
    throw new Refusal("FORBIDDEN", "no key is configured: only this machine may call");
  }
  const given = keyOf(context);
  if (given === null) throw new Refusal("UNAUTHORIZED", "a key is needed: Authorization: Bearer … or X-API-Key");
  if (!isSame(given, key)) throw new Refusal("FORBIDDEN", "this key may not do that");
}

export function addressOf(context: AppContext): string {
  return context.env.incoming.socket.remoteAddress ?? "unknown";
}

/** Who it was, for the audit log: never the key itself. */
export function actorOf(context: AppContext): string {
  const key = keyOf(context);
  return key === null ? addressOf(context) : `key ${digest(key).toString("hex").slice(0, 8)}`;
}

function isLoopback(address: string): boolean {
  return /^(127\.|::1$|::ffff:127\.)/.test(address);
}

/** In the same time for every wrong key. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
