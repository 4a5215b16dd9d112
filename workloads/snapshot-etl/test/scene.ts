import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RuntimeEvent } from "cofferdam";
import { listen } from "../src/http/listen.ts";
import { startService, type Service } from "../src/service.ts";
import { readSettings } from "../src/settings.ts";
import { silentLog } from "../src/watch/log.ts";
import { inChunks } from "./workbench.ts";
import { cleanUp, makeDirectory } from "workload-command-line/testing";

/** Quick where the defaults are patient. */
const QUICK = {
  PORT: "0",
  METRICS_PORT: "0",
  WORKER_NICE: "0",
  SWEEP_SECONDS: "0.3",
  ETL_BACKOFF_BASE_MS: "20",
  WORKER_CONCURRENCY: "2",
  INGEST_PER_MINUTE: "0",
  SUMMARY_PER_MINUTE: "0",
};

export interface Scene {
  readonly service: Service;
  readonly url: string;
  readonly metricsUrl: string;
  readonly directory: string;
  readonly events: readonly RuntimeEvent[];
  /** Resolves with the first event that fits, also one that was seen before. */
  event(fits: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent>;
  ingest(text: string): Promise<number>;
}

export async function makeScene(test: TestContext, environment: Readonly<Record<string, string>> = {}, onEvent: (event: RuntimeEvent) => void = () => undefined): Promise<Scene> {
  const directory = await makeDirectory(test);
  const complete = { DB_PATH: join(directory, "snapshots.db"), RUNTIME_DIR: join(directory, "runtime"), ARCHIVE_DIR: join(directory, "archive"), ...QUICK, ...environment };
  const events: RuntimeEvent[] = [];
  const seen = new EventTarget();
  const service = await startService({
    settings: readSettings(complete),
    environment: complete,
    adopts: true,
    log: silentLog,
    onEvent(event) {
      events.push(event);
      onEvent(event);
      seen.dispatchEvent(new Event("seen"));
    },
  });
  cleanUp(test, () => service.stop());
  const door = await listen(service);
  cleanUp(test, () => door.close());
  return {
    service,
    directory,
    url: door.url,
    metricsUrl: door.metricsUrl,
    events,
    async event(fits) {
      for (;;) {
        const more = once(seen, "seen");
        const found = events.find(fits);
        if (found !== undefined) return found;
        await more;
      }
    },
    async ingest(text) {
      const about = () => ({ source: "test", namecode: null, priority: "normal" as const });
      const { body } = await service.ingest.accept({ body: inChunks(text), about, idempotencyKey: null, correlationId: null });
      return Number(body["snapshot_id"]);
    },
  };
}

/** Any JSON; what is missing is undefined. */
export interface Json {
  readonly [key: string]: Json | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

export async function call(url: string, options: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, options);
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as Json) : {}, headers: response.headers };
}

export function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return call(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
}

export async function snapshotOf({ service }: Pick<Scene, "service">, id: number) {
  return await service.database.read.selectFrom("hero_snapshots").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

export async function etlErrors({ service }: Pick<Scene, "service">, id: number): Promise<string[]> {
  const rows = await service.database.read.selectFrom("etl_errors").select(["attempt", "error_type", "permanent"]).where("snapshot_id", "=", id).orderBy("attempt").execute();
  return rows.map(({ attempt, error_type, permanent }) => `${attempt} ${error_type} ${permanent}`);
}
