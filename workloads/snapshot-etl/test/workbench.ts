import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import type { Clock } from "../src/clock.ts";
import { openSnapshots, type Database } from "../src/database/open.ts";
import { profileText } from "../src/generate/profile-text.ts";
import { SIZES, type Flaw, type ProfileShape, type SizeName } from "../src/generate/sizes.ts";
import { createIngest, type IngestAbout, type IngestPorts } from "../src/ingest/ingest.ts";
import type { Answer } from "../src/ingest/idempotency.ts";
import { takeClaim } from "../src/process/claim.ts";
import { processSnapshot, type RunResult } from "../src/process/process-snapshot.ts";
import { createTally, type Run, type Tally } from "../src/process/run.ts";
import { readSettings, type Settings } from "../src/settings.ts";
import { cleanUp } from "workload-command-line/testing";

/** Clean-ups of this order for helpers that register their own. */
export function cleaning(test: TestContext): Pick<TestContext, "after"> {
  return {
    after(action) {
      if (typeof action === "function") cleanUp(test, action as () => unknown);
    },
  };
}

export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createTestClock(startMs = Date.parse("2026-01-02T03:04:05.000Z")): TestClock {
  let now = startMs;
  return { nowMs: () => now, advance: (ms) => void (now += ms) };
}

export interface ProfileWish {
  readonly size?: SizeName;
  readonly n?: number;
  readonly shape?: Partial<ProfileShape>;
  readonly flaw?: Flaw;
}

export function makeText({ size = "tiny", n = 1, shape = {}, flaw = "none" }: ProfileWish = {}): string {
  return [...profileText({ n, shape: { ...SIZES[size], ...shape }, flaw })].join("");
}

/** Bytes in pieces of this size: a small one cuts everything that can be cut. */
export async function* inChunks(bytes: string | Uint8Array, chunkBytes = 65_536): AsyncGenerator<Uint8Array> {
  const all = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
}

export interface Bench {
  readonly database: Database;
  readonly settings: Settings;
  readonly clock: TestClock;
  /** Snapshots that were handed to the queue. */
  readonly taken: number[];
  ingest(payload: string | Uint8Array, options?: { readonly about?: Partial<IngestAbout>; readonly key?: string; readonly chunkBytes?: number }): Promise<Answer>;
  /** Ingests, claims and processes in this process. */
  take(payload: string | Uint8Array, options?: Partial<Run>): Promise<{ readonly id: number; readonly result: RunResult; readonly tally: Tally }>;
  process(snapshotId: number, options?: Partial<Run>): Promise<{ readonly id: number; readonly result: RunResult; readonly tally: Tally }>;
}

/** A database and what writes into it, without a runtime. */
export async function makeBench(test: TestContext, url: string, environment: Readonly<Record<string, string>> = {}, ports: Partial<IngestPorts> = {}): Promise<Bench> {
  const settings = readSettings({ DB_PATH: url, ...environment });
  const database = await openSnapshots(url, { busyMs: 5000, connections: 4 });
  cleanUp(test, () => database.close());
  const clock = createTestClock();
  const taken: number[] = [];
  const queue = async (): Promise<{ depth: number; perSecond: number }> => ({ depth: 0, perSecond: 1 });
  const ingest = createIngest({ database, settings, clock, node: "test", queue, stored: async (id) => void taken.push(id), ...ports });
  const bench: Bench = {
    database,
    settings,
    clock,
    taken,
    ingest: (payload, { about = {}, key, chunkBytes } = {}) =>
      ingest.accept({
        body: inChunks(payload, chunkBytes),
        about: () => ({ source: "test", namecode: null, priority: "normal", ...about }),
        idempotencyKey: key ?? null,
        correlationId: null,
      }),
    async take(payload, options) {
      const answer = await bench.ingest(payload);
      return await bench.process(Number(answer.body["snapshot_id"]), options);
    },
    async process(id, options = {}) {
      const claim = await takeClaim(database, id, { job: `job ${id}`, token: randomUUID(), node: "test" }, clock.nowMs());
      if (claim === null) throw new Error(`snapshot ${id} is claimed`);
      const tally = createTally();
      const run: Run = {
        database,
        claim,
        clock,
        signal: new AbortController().signal,
        batchRows: 250,
        memoryShare: () => 0.1,
        progress: () => undefined,
        tally,
        ...options,
      };
      return { id, result: await processSnapshot(run), tally };
    },
  };
  return bench;
}

const ENTITY_TABLES = ["users", "guilds", "guild_members", "user_troops", "user_pets", "user_artifacts", "user_teams", "team_troops", "user_profile_summary", "catalog"] as const;

/** Every row that snapshots leave, in a fixed order, without keys that number themselves and without which snapshot it was. */
export async function dumpRows(database: Database, options: { readonly exact?: boolean } = {}): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const table of ENTITY_TABLES) {
    const rows: object[] = await database.read.selectFrom(table).selectAll().execute();
    const plain = rows.map((row) => {
      const entries = Object.entries(row).filter(
        ([column]) => options.exact === true || !["id", "snapshot_id", "team_id", "cached_at"].includes(column) || (table === "catalog" && column === "id"),
      );
      return JSON.stringify(Object.fromEntries(entries));
    });
    dump[table] = plain.sort();
  }
  return dump;
}

export async function errorsOf(database: Database, snapshotId: number): Promise<string[]> {
  const { attempts } = await database.read.selectFrom("hero_snapshots").select("attempts").where("id", "=", snapshotId).executeTakeFirstOrThrow();
  const rows = await database.read
    .selectFrom("etl_errors")
    .select(["entity", "error_type", "message", "permanent"])
    .where("snapshot_id", "=", snapshotId)
    .where("attempt", "=", attempts)
    .orderBy("entity")
    .orderBy("message")
    .execute();
  return rows.map(({ entity, error_type, message, permanent }) => `${entity} ${error_type} ${permanent} ${message}`);
}
