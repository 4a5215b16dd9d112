import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { CofferdamError } from "../model/index.ts";
import { isLoopback, ROLES, type HttpServerOptions, type Role } from "./options.ts";

/** What is asked of a caller before a route is entered. */
export type Access = Role | "public";

export interface Caller {
  readonly role: Role | null;
  /** For records of who did what: never the token itself. */
  readonly name: string;
}

export interface Guard {
  /** @throws CofferdamError `host_not_allowed`, `cross_site_request`. */
  checkOrigin(method: string, headers: IncomingHttpHeaders): void;
  /** Who asks; role null for nobody known. @throws CofferdamError `unauthenticated` for a token that is wrong. */
  identify(headers: IncomingHttpHeaders): Caller;
  /** @throws CofferdamError `unauthenticated`, `forbidden`. */
  admit(caller: Caller, access: Access): void;
  /** Whether tokens are configured: details are then for those who have one. */
  readonly closed: boolean;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const LOCAL_CALLER: Caller = { role: "admin", name: "local" };
const UNKNOWN_CALLER: Caller = { role: null, name: "unknown" };

export function createGuard(options: Pick<HttpServerOptions, "host" | "tokens" | "allowedHosts">): Guard {
  const allowed = new Set(["localhost", "127.0.0.1", "::1", options.host, ...options.allowedHosts].map((host) => bareHost(host)));
  // Beyond loopback every request needs a token, which a rebound name does not bring; the list is then enforced only when somebody wrote one.
  const anyHost = !isLoopback(options.host) && options.allowedHosts.length === 0;
  const tokens = options.tokens.map(({ token, role }, index) => ({ digest: digest(token), role, name: `${role}-token-${index + 1}` }));

  return {
    closed: tokens.length > 0,
    checkOrigin(method, headers) {
      if (!anyHost && !allowed.has(bareHost(headers.host ?? ""))) {
        throw new CofferdamError("host_not_allowed", `the Host ${JSON.stringify(headers.host ?? "")} is not one this server answers to`, { hint: "Add it to http.allowedHosts." });
      }
      if (!SAFE_METHODS.has(method)) refuseCrossSite(headers);
    },
    identify(headers) {
      if (tokens.length === 0) return LOCAL_CALLER;
      const presented = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? "")?.[1];
      if (presented === undefined) return UNKNOWN_CALLER;
      const presentedDigest = digest(presented);
      // Every token is compared, each in constant time: the time taken says nothing about which one was close.
      let found: Caller | null = null;
      for (const token of tokens) if (timingSafeEqual(token.digest, presentedDigest)) found = { role: token.role, name: token.name };
      if (found === null) throw new CofferdamError("unauthenticated", "the token is not known", { hint: "Send Authorization: Bearer <token>." });
      return found;
    },
    admit(caller, access) {
      if (access === "public") return;
      if (caller.role === null) throw new CofferdamError("unauthenticated", `this needs a token with the role ${access}`, { hint: "Send Authorization: Bearer <token>." });
      if (ROLES.indexOf(caller.role) < ROLES.indexOf(access)) throw new CofferdamError("forbidden", `this needs the role ${access}; the token's role is ${caller.role}`);
    },
  };
}

/** A browser says where a request comes from; programs say nothing and are let through. */
function refuseCrossSite(headers: IncomingHttpHeaders): void {
  const site = headers["sec-fetch-site"];
  const origin = headers.origin;
  const isForeign = site === undefined ? origin !== undefined && originHost(origin) !== headers.host : site !== "same-origin" && site !== "none";
  if (isForeign) throw new CofferdamError("cross_site_request", "a page of another site may not change anything here");
}

function originHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, (port) => (host.includes("::") && !host.includes("]") ? port : ""))
    .replaceAll(/[[\]]/g, "");
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
