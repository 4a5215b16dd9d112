import { existsSync } from "node:fs";
import { join } from "node:path";
import { CofferdamError, isId, type AttemptRecord } from "../model/index.ts";
import { createLogger, systemChance, systemClock } from "../platform/index.ts";
import { renderAttempt, type AttemptView } from "../query/index.ts";
import type { Store } from "../store/index.ts";
import { openClient, WELL_MS, type Client, type ClientOptions } from "./client.ts";
import { configOf } from "./commands/options.ts";
import type { Terminal } from "./terminal.ts";

/** Where an attempt that is run again comes from. */
export interface ReplaySource extends AsyncDisposable {
  /** By its own id, or the last one of a job. */
  attempt(id: string): Promise<AttemptView>;
  /** JSON text, as it is stored. */
  input(jobId: string): Promise<string>;
  /** JSON text; "null": there is none. */
  checkpoint(original: AttemptView, which: "began-with" | "last"): Promise<string>;
  /** Gives the job the result of a replay that succeeded; JSON text or null. */
  adopt(jobId: string, adopted: { readonly summary: string; readonly result: string | null }): Promise<void>;
}

/** The runtime's API; where nobody was named and none runs, the data directory itself, which is then ours until the replay is over. */
export async function openReplaySource(terminal: Terminal, options: ClientOptions): Promise<ReplaySource> {
  const isNamed = (options.url ?? terminal.env.COFFERDAM_URL ?? "") !== "";
  try {
    const client = await openClient(terminal, options);
    if (!isNamed) await client.call("/livez", { silenceMs: WELL_MS });
    return clientSource(client);
  } catch (error) {
    if (isNamed || !(error instanceof CofferdamError) || error.code !== "unreachable") throw error;
    const store = await openStore(terminal, options);
    if (store === null) throw error;
    terminal.note("cofferdam: no runtime runs on the data directory; it is read directly");
    return storeSource(store);
  }
}

/** null: there is no store. One that somebody owns is refused by its lock. */
async function openStore(terminal: Terminal, options: ClientOptions): Promise<Store | null> {
  const { config } = await configOf(terminal, { config: options.config, dataDir: options.dataDir }, []);
  if (!existsSync(join(config.dataDirectory, "cofferdam.db"))) return null;
  const { openEmbeddedStore } = await import("../store/index.ts");
  return openEmbeddedStore({ dataDir: config.dataDirectory, clock: systemClock, chance: systemChance, logger: createLogger("silent"), onEvent: () => undefined });
}

function clientSource(client: Client): ReplaySource {
  return {
    async attempt(id) {
      if (isId(id, "attempt")) return client.get<AttemptView>(`/api/v1/attempts/${id}`);
      const { items } = await client.get<{ readonly items: readonly AttemptView[] }>(`/api/v1/jobs/${encodeURIComponent(id)}/attempts`);
      return items.at(-1) ?? noAttempt(id);
    },
    input: (jobId) => textOf(client, `/api/v1/jobs/${jobId}/input`),
    checkpoint: ({ job_id: jobId, attempt }, which) =>
      textOf(client, which === "last" ? `/api/v1/jobs/${jobId}/checkpoint` : `/api/v1/jobs/${jobId}/attempts/${attempt}/checkpoint`),
    async adopt(jobId, { summary, result }) {
      const head = JSON.stringify({ summary });
      await client.call(`/api/v1/jobs/${jobId}/adopt`, { method: "POST", jsonText: result === null ? head : `${head.slice(0, -1)},"result":${result}}` });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function storeSource(store: Store): ReplaySource {
  async function find(id: string): Promise<AttemptRecord> {
    if (!isId(id, "attempt")) return (await store.attempts(id)).at(-1) ?? noAttempt(id);
    const attempt = await store.attempt(id);
    if (attempt !== null) return attempt;
    throw new CofferdamError("attempt_not_found", `there is no attempt ${id}`, { hint: "cofferdam show <job> lists the attempts of a job." });
  }
  return {
    attempt: async (id) => renderAttempt(await find(id)),
    input: async (jobId) => (await store.document(jobId, "input")) ?? "null",
    checkpoint: async ({ job_id: jobId, attempt }, which) => (which === "last" ? await store.document(jobId, "checkpoint") : await store.beganWith(jobId, attempt)) ?? "null",
    async adopt(jobId, adopted) {
      const outcome = await store.adoptResult(jobId, adopted, systemClock.nowMs());
      if (outcome !== "adopted")
        throw new CofferdamError("job_finished", `job ${jobId} cannot be given a result (${String(outcome)})`, {
          hint: "Only jobs that failed, were cancelled or wait in quarantine can.",
        });
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

function noAttempt(id: string): never {
  throw new CofferdamError("attempt_not_found", `job ${id} has had no attempt yet`, { hint: "cofferdam run runs a job for the first time in the foreground." });
}

/** Stored JSON text, as it is. */
async function textOf(client: Client, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.stream(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
