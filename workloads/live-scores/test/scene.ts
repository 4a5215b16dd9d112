import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmittedEvent } from "../src/conduct/receive-report.ts";
import type { PollerView } from "../src/conduct/view.ts";
import type { Log } from "../src/log.ts";
import { startService, type Service, type ServiceOptions } from "../src/service.ts";
import { startStandIn, type ScoreStandIn, type StandInOptions } from "../src/stand-in/site.ts";

const PATIENCE_MS = 120_000;

/** What must be undone when a test or a suite has ended. */
export type Scope = (action: () => unknown) => void;

/** @example const scope = scopeOf(after); // in a suite; in a test: scopeOf(test.after.bind(test)) */
export function scopeOf(after: (action: () => Promise<void>) => void): Scope {
  const actions: (() => unknown)[] = [];
  // What was made last goes first: a directory outlives what uses it.
  after(async () => {
    for (const action of actions.toReversed()) await action();
  });
  return (action) => void actions.push(action);
}

/** Short intervals; nothing else differs from what people run. */
export const QUICK = {
  PORT: "0",
  PROMETHEUS_PORT: "0",
  POLLING_INTERVAL_SECONDS: "0.1",
  SCORECARD_INTERVAL_SECONDS: "0.2",
  DISCOVERY_INTERVAL_SECONDS: "0.4",
  START_SPACING_SECONDS: "0",
  RESTART_DELAY_SECONDS: "0",
};

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
  /** Of a scene that goes on. */
  readonly directory?: string;
}

export async function makeDirectory(scope: Scope): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "live-scores-test-"));
  scope(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function startScene(scope: Scope, { site: siteOptions = {}, environment = {}, jobs, directory: given }: SceneOptions = {}): Promise<Scene> {
  const directory = given ?? (await makeDirectory(scope));
  const site = await startStandIn({ port: 0, matches: 2, ...siteOptions });
  const happened = new EventEmitter<{ readonly something: [] }>();
  happened.setMaxListeners(100);
  const logged: { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[] = [];
  const note = (message: string, details: object = {}): void => {
    logged.push({ message, details: { ...details } });
    happened.emit("something");
  };
  const log: Log = { info: note, warn: note };
  const service = await startService({
    environment: { ...site.environment, ...QUICK, DB_PATH: join(directory, "scores.db"), ...environment },
    log,
    ...(jobs === undefined ? {} : { jobs }),
  });
  const emitted: EmittedEvent[] = [];
  service.hub.subscribe((event) => {
    emitted.push(event);
    happened.emit("something");
  });
  service.runtime.onEvent(() => void happened.emit("something"));
  scope(async () => {
    await service.stop();
    await site.close();
  });
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
