import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { cleanUp, makeDirectory, type Cleaned } from "workload-command-line/testing";
import type { Clock } from "../src/clock.ts";
import type { EmittedEvent } from "../src/conduct/receive-report.ts";
import type { PollerView } from "../src/conduct/view.ts";
import type { Log } from "../src/log.ts";
import { startService, type Service, type ServiceOptions } from "../src/service.ts";
import { startStandIn, type ScoreStandIn, type StandInOptions } from "../src/stand-in/site.ts";

const PATIENCE_MS = 240_000;

/** Short intervals. */
export const QUICK = {
  PORT: "0",
  PROMETHEUS_PORT: "0",
  POLLING_INTERVAL_SECONDS: "0.1",
  SCORECARD_INTERVAL_SECONDS: "0.2",
  DISCOVERY_INTERVAL_SECONDS: "0.4",
  START_SPACING_SECONDS: "0",
  RESTART_DELAY_SECONDS: "0",
};

/** So that nothing but what is meant to be late is, however busy the machine. */
export const PATIENT = { REQUEST_TIMEOUT_SECONDS: "60", STALENESS_THRESHOLD_SECONDS: "120", DEGRADED_STALENESS_SECONDS: "120", HEARTBEAT_TIMEOUT_SECONDS: "120" };

export interface Scene {
  readonly directory: string;
  readonly site: ScoreStandIn;
  readonly service: Service;
  /** Everything that has been emitted, in its order. */
  readonly emitted: readonly EmittedEvent[];
  /** What has been logged. */
  readonly logged: readonly { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[];
  /** Resolves as soon as something that has just happened makes this true. */
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>;
  /** Whether nothing is left of its poller. */
  isGone(matchKey: string): boolean;
  view(matchKey: string): PollerView | undefined;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  post(path: string, body: unknown): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface SceneOptions {
  readonly site?: Partial<StandInOptions>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly jobs?: ServiceOptions["jobs"];
  readonly clock?: Clock;
  /** Of a scene that goes on. */
  readonly directory?: string;
}

export async function startScene(test: Cleaned, { site: siteOptions = {}, environment = {}, jobs, clock, directory: given }: SceneOptions = {}): Promise<Scene> {
  const directory = given ?? (await makeDirectory(test, "live-scores-test"));
  const site = await startStandIn({ port: 0, matches: 2, ...siteOptions });
  cleanUp(test, () => site.close());
  const happened = new EventEmitter<{ readonly something: [] }>();
  happened.setMaxListeners(100);
  const logged: { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[] = [];
  const note = (message: string, details: object = {}): void => {
    logged.push({ message, details: { ...details } });
    happened.emit("something");
  };
  const log: Log = { info: note, warn: note };
  const service = await startService({
    environment: { ...site.environment, ...QUICK, ...PATIENT, DB_PATH: join(directory, "scores.db"), ...environment },
    log,
    ...(jobs === undefined ? {} : { jobs }),
    ...(clock === undefined ? {} : { clock }),
  });
  cleanUp(test, () => service.stop());
  const emitted: EmittedEvent[] = [];
  service.hub.subscribe((event) => {
    emitted.push(event);
    happened.emit("something");
  });
  service.runtime.onEvent(() => void happened.emit("something"));
  return {
    directory,
    site,
    service,
    emitted,
    logged,
    async until(what, isTrue) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const next = once(happened, "something", { signal });
        next.catch(() => undefined);
        if (await isTrue()) return;
        await next.catch((error: unknown) => {
          throw new Error(`waited in vain until ${what}: ${JSON.stringify(logged.slice(-5))}`, { cause: error });
        });
      }
    },
    isGone: (key) => !service.pollers.jobs().some(({ matchKey }) => matchKey === key),
    view: (matchKey) => service.pollers.views().find(({ match_id }) => match_id === matchKey),
    get: (path, headers = {}) => ask(`${service.url}${path}`, { headers }),
    post: (path, body) => ask(`${service.url}${path}`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  };
}

async function ask(url: string, init: RequestInit): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : { text } };
}

/** Numbers of a match's emissions, as they came. */
export function seqs(scene: Pick<Scene, "emitted">, matchKey: string): number[] {
  return scene.emitted.filter((event) => event.matchKey === matchKey).map(({ seq }) => seq);
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
