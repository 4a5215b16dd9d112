import type { IncomingMessage } from "node:http";

export interface Refused {
  readonly code: "host_not_allowed" | "cross_site_request";
  readonly detail: string;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Why a request is not answered; null when it is.
 * Nobody has to say who they are on loopback, but what runs there besides programs is a browser, and its pages come from anywhere: none of another site may change anything,
 * and none whose name was made to lead here may read anything.
 * @param listensOn beyond loopback any name may lead there
 */
export function refusalOf(listensOn: string, { method = "GET", headers }: Pick<IncomingMessage, "method" | "headers">): Refused | null {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  if (isLoopbackHost(listensOn) && !isLoopbackHost(host)) return { code: "host_not_allowed", detail: `the Host ${JSON.stringify(host)} is not one that this service answers to` };
  // A browser says where a request comes from; programs say nothing.
  const isForeign = site === undefined ? origin !== undefined && URL.parse(origin)?.host !== host : site !== "same-origin" && site !== "none";
  return isForeign && !SAFE_METHODS.has(method) ? { code: "cross_site_request", detail: "a page of another site may not change anything here" } : null;
}

/** Whether a Host header, or the address that is listened on, names this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$|^::1$/i.test(host);
}
