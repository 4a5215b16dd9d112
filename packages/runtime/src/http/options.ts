import { CofferdamError } from "../model/index.ts";

export const ROLES = ["read", "operate", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Complete: defaults were applied by config. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly tokens: readonly { readonly token: string; readonly role: Role }[];
  /** Host header values (without port) accepted beside the loopback names and `host`. */
  readonly allowedHosts: readonly string[];
  /** The app that answers what no route of the API does. */
  readonly app?: string | null;
  readonly inputBytesMax: number;
  readonly version: string;
}

export const TOKEN_CHARACTERS_MIN = 16;

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host);
}

/** @throws CofferdamError `unsafe_listen` for an address beyond loopback without tokens; `invalid_option` for a token that can be guessed. */
export function checkListen(options: Pick<HttpServerOptions, "host" | "tokens">): void {
  if (options.tokens.length === 0 && !isLoopback(options.host)) {
    throw new CofferdamError("unsafe_listen", `listening on ${options.host} without a token would let anybody run jobs here`, {
      hint: "Set COFFERDAM_TOKEN (or http.tokens), or listen on 127.0.0.1.",
    });
  }
  for (const { token } of options.tokens) {
    if (token.length < TOKEN_CHARACTERS_MIN)
      throw new CofferdamError("invalid_option", `http.tokens: a token needs at least ${TOKEN_CHARACTERS_MIN} characters`, { hint: "openssl rand -hex 32" });
  }
}
