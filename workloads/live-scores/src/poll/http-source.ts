import { createNames, NO_NAMES } from "../decode/names.ts";
import { SourceError } from "../errors.ts";
import { siblingPath } from "../match/match-url.ts";
import { addressFor, namesAddressFor, type Settings } from "../settings.ts";
import { getText, type Got } from "./get-text.ts";
import { assertStatus, parseList, parseObject } from "./parse-body.ts";
import type { Source, SourceOptions } from "./source.ts";

export type HttpSettings = Pick<Settings, "discoveryUrl" | "liveUrl" | "scorecardUrl" | "namesUrl" | "requestTimeoutMs">;

/** Fetches the match's page anew and says what cookies it gave. */
export type RenewCookies = () => Promise<readonly string[]>;

/** Reads a match over HTTP alone; where a browser is at hand it renews the cookies. */
export function createHttpSource(settings: HttpSettings, { matchKey, path, signal, onRetry }: SourceOptions, renewCookies?: RenewCookies): Source {
  const pageUrl = (sibling: "live" | "info"): string => new URL(siblingPath({ path }, sibling), settings.discoveryUrl).href;
  let headers: Record<string, string> = { referer: pageUrl("live") };

  const get = (url: string): Promise<Got> => getText(url, { timeoutMs: settings.requestTimeoutMs, signal, headers });

  async function renewHeaders(): Promise<void> {
    onRetry("renew_headers");
    const cookies = renewCookies === undefined ? (await get(pageUrl("live"))).cookies : await renewCookies();
    const cookie = cookies.map((each) => each.split(";")[0] ?? "").join("; ");
    headers = { referer: pageUrl("live"), ...(cookie === "" ? {} : { cookie }) };
  }

  /** A refusal may mean that the headers are too old: they are renewed once, and it is asked once more. */
  async function getRenewing(url: string): Promise<string> {
    let got = await get(url);
    if (got.status === 401 || got.status === 403) {
      await renewHeaders();
      got = await get(url);
    }
    assertStatus(got.status, url);
    return got.text;
  }

  async function getPage(url: string): Promise<string> {
    const { status, text } = await get(url);
    assertStatus(status, url);
    return text;
  }

  return {
    live: async () => parseObject(await getRenewing(addressFor(settings.liveUrl, matchKey)), "the live JSON"),
    scorecard: async () => parseList(await getRenewing(addressFor(settings.scorecardUrl, matchKey)), "the scorecard"),
    page: () => getPage(pageUrl("live")),
    info: () => getPage(pageUrl("info")),
    async names() {
      if (settings.namesUrl === null) return NO_NAMES;
      const url = namesAddressFor(settings.namesUrl, matchKey);
      const { status, text } = await get(url);
      // A match whose names nobody knows yet.
      if (status === 404) return NO_NAMES;
      if (status !== 200) throw new SourceError("status", `${url}: status ${status}`);
      return createNames(parseObject(text, "the code map"));
    },
    close: async () => undefined,
  };
}
