import { BrowserError } from "@cofferdam/browsers";
import { RefusedTarget } from "../guard/guard.ts";

/** The browser did not get enough either, in the words of the record. */
export class BrowseFailure extends Error {
  override readonly name = "BrowseFailure";
}

const ERROR_CHARS_MAX = 100;

/** What Chromium says when the connection behind the proxy failed → what it would have said without one. */
const BEHIND_THE_PROXY = /net::ERR_(TUNNEL_CONNECTION_FAILED|EMPTY_RESPONSE|PROXY_CONNECTION_FAILED|CONNECTION_RESET|CONNECTION_CLOSED)/;
const NAMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "net::ERR_CONNECTION_REFUSED",
  ENOTFOUND: "net::ERR_NAME_NOT_RESOLVED",
  EAI_AGAIN: "net::ERR_NAME_NOT_RESOLVED",
  ETIMEDOUT: "net::ERR_CONNECTION_TIMED_OUT",
  EHOSTUNREACH: "net::ERR_ADDRESS_UNREACHABLE",
  ENETUNREACH: "net::ERR_INTERNET_DISCONNECTED",
};

/** @param behind what the proxy met when it asked the page's host */
export function describeBrowseFailure(error: unknown, behind: Error | null): string {
  if (behind instanceof RefusedTarget) return browserError(behind.message);
  const said = (error instanceof Error ? error.message : String(error)).replace(/^page\.\w+: /, "").split("\n")[0] ?? "";
  const name = behind !== null && "code" in behind ? NAMES[String(behind.code)] : undefined;
  return browserError(name === undefined ? said : said.replace(BEHIND_THE_PROXY, name));
}

function browserError(text: string): string {
  return `Browser error: ${[...text].slice(0, ERROR_CHARS_MAX).join("")}`;
}

/** The browser or the page is gone, by no fault of the connection: worth one more browser. */
export function isCrash(error: unknown): boolean {
  if (error instanceof BrowserError) return error.code === "browser_died" || error.code === "launch_failed";
  return error instanceof Error && /(page|target) crashed|Target page, context or browser has been closed/i.test(error.message);
}
