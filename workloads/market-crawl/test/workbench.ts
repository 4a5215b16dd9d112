import { join } from "node:path";
import { cleanUp, makeDirectory, type Cleaned } from "workload-command-line/testing";
import { startService, type Service } from "../src/service.ts";
import { readSettings } from "../src/settings.ts";
import { startMarketStandIn, type MarketStandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";

export const TODAY = "2025-11-29";

/** Daily, and some ten hours away: no run but those of the tests. */
export const SCHEDULE = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;

type Environment = Readonly<Record<string, string>>;

/** What every service of the tests has in common: a directory of its own, and nothing that waits longer than it must. */
export function environmentIn(directory: string): Record<string, string> {
  return {
    PORT: "0",
    DB_PATH: join(directory, "markets.db"),
    RUNTIME_DIR: join(directory, "runtime"),
    GEOAPIFY_API_KEY: "test",
    WORKER_NICE: "0",
    DELAY_START_MS: "0",
    DELAY_MAX_MS: "0",
    TODAY,
    SCHEDULE,
  };
}

export interface TestSite extends MarketStandIn {
  /** What leads there. */
  readonly settings: Environment;
}

/** Both sources and the geocoder. */
export async function startTestSite(test: Cleaned): Promise<TestSite> {
  const site = await startMarketStandIn(makeWorld({ addresses: null, ids: null, today: TODAY }));
  cleanUp(test, () => site.close());
  return { ...site, settings: { FLEAMARKET_URL: site.fleamarketUrl, LOPPEMARKEDER_URL: site.loppemarkederUrl, GEOCODE_URL: site.geocodeUrl } };
}

/** What was asked for again after that many requests, answers that never came left out. */
export function fetchedTwice(site: MarketStandIn, asked = 0): readonly string[] {
  const fetched = site
    .log()
    .slice(asked)
    .filter(({ fault }) => fault === null)
    .map(({ path, url }) => (path.startsWith("/v1/") ? url : path));
  return fetched.filter((path, index) => fetched.indexOf(path) !== index);
}

export interface TestService extends Service {
  readonly url: string;
  readonly environment: Environment;
}

/** A service in a directory of its own. */
export async function startTestService(test: Cleaned, change: Environment): Promise<TestService> {
  const environment = { ...environmentIn(await makeDirectory(test, "market-crawl-test")), ...change };
  const service = await startService({ settings: readSettings(environment), http: true, environment });
  cleanUp(test, () => service.stop());
  if (service.url === null) throw new Error("the service does not listen");
  return { ...service, url: service.url, environment };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReturnType<typeof JSON.parse>;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text };
}

export function post(url: string, body?: object): Promise<Answered> {
  return ask(url, body === undefined ? { method: "POST" } : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** The `status` event of a run: resolves when the run has ended. */
export async function endOf(url: string, runId: string): Promise<ReturnType<typeof JSON.parse>> {
  const { body } = await ask(`${url}/scraper/runs/${runId}/events`);
  const last = String(body).trim().split("\n\n").at(-1) ?? "";
  if (!last.startsWith("event: status")) throw new Error(`the stream ended with ${last}`);
  return JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? "");
}

export async function triggerAndEnd(url: string): Promise<ReturnType<typeof JSON.parse>> {
  const { body } = await post(`${url}/scraper/trigger`);
  return await endOf(url, body.run_id);
}
