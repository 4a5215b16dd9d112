import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startService, type Service } from "../src/service.ts";
import { readSettings } from "../src/settings.ts";

export const TODAY = "2025-11-29";

type Environment = Readonly<Record<string, string>>;

export interface Workbench extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
}

/** What every service of the tests has in common: a directory of its own, and nothing that waits longer than it must. */
export async function openWorkbench(change: Environment): Promise<Workbench> {
  const directory = await mkdtemp(join(tmpdir(), "market-crawl-test-"));
  const environment = {
    PORT: "0",
    DB_PATH: join(directory, "markets.db"),
    RUNTIME_DIR: join(directory, "runtime"),
    GEOAPIFY_API_KEY: "test",
    DELAY_START_MS: "0",
    DELAY_MAX_MS: "0",
    TODAY,
    ...change,
  };
  return { environment, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

export async function startTestService(environment: Environment): Promise<Service & { readonly url: string }> {
  const service = await startService({ settings: readSettings(environment), http: true, environment, alongside: { workerNice: 0 } });
  if (service.url === null) throw new Error("the service does not listen");
  return { ...service, url: service.url };
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
