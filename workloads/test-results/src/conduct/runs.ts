import { randomUUID } from "node:crypto";
import { sql, type Selectable } from "kysely";
import { createTurns } from "workload-command-line";
import type { Database, Tables } from "../database/database.ts";

export type RunKind = "download" | "poll" | "import";
export type RunState = "running" | "success" | "partial" | "failed";

export interface RunRecord {
  readonly id: string;
  readonly kind: RunKind;
  readonly request: string;
  readonly state: RunState;
  readonly error: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export interface RunEnd {
  readonly state: Exclude<RunState, "running">;
  readonly error: string | null;
}

/** What people asked for and what happened then, kept for 24 hours; later readers get the same lines. */
export interface RunBook {
  open(kind: RunKind, request: object): Promise<string>;
  /** Lines stand in the order in which they were said, whichever connection would be the first. */
  say(runId: string, message: string): Promise<void>;
  end(runId: string, end: RunEnd): Promise<void>;
  find(runId: string): Promise<RunRecord | null>;
  /** Of this owner alone. @param adopts and those from before runs had owners */
  running(adopts: boolean): Promise<RunRecord[]>;
  messages(runId: string, afterSeq: number): Promise<{ readonly seq: number; readonly message: string }[]>;
  remove(runId: string): Promise<void>;
  prune(): Promise<void>;
  /** Calls back whenever something was said or the run has ended. */
  watch(runId: string, listener: () => void): () => void;
}

const KEPT_MS = 24 * 3_600_000;
/** As the migration has it. */
const NOBODY = "";

export function createRunBook(database: Database, owner: string, now: () => Date): RunBook {
  const { read } = database;
  const turns = createTurns<string>();
  const listeners = new Map<string, Set<() => void>>();
  const notify = (runId: string): void => {
    for (const listener of listeners.get(runId) ?? []) listener();
  };
  return {
    async open(kind, request) {
      const id = randomUUID();
      const run = { id, owner, kind, request: JSON.stringify(request), state: "running", created_at: now().toISOString() };
      await database.write((transaction) => transaction.insertInto("runs").values(run).execute());
      return id;
    },
    async say(runId, message) {
      await turns.take(runId, () =>
        database.write(async (transaction) => {
          // Another process may speak for the run as well: the lines are numbered one after the other all the same.
          if (database.kind === "postgres") await transaction.selectFrom("runs").select("id").where("id", "=", runId).forUpdate().execute();
          await sql`INSERT INTO run_messages (run_id, seq, message) SELECT ${runId}, coalesce(max(seq), 0) + 1, ${message} FROM run_messages WHERE run_id = ${runId}`.execute(
            transaction,
          );
        }),
      );
      notify(runId);
    },
    async end(runId, { state, error }) {
      const ended = { state, error, ended_at: now().toISOString() };
      await database.write((transaction) => transaction.updateTable("runs").set(ended).where("id", "=", runId).where("state", "=", "running").execute());
      notify(runId);
    },
    async find(runId) {
      const row = await read.selectFrom("runs").selectAll().where("id", "=", runId).executeTakeFirst();
      return row === undefined ? null : decodeRun(row);
    },
    async running(adopts) {
      const owners = adopts ? [owner, NOBODY] : [owner];
      return (await read.selectFrom("runs").selectAll().where("state", "=", "running").where("owner", "in", owners).orderBy("created_at").execute()).map(decodeRun);
    },
    messages: (runId, afterSeq) => read.selectFrom("run_messages").select(["seq", "message"]).where("run_id", "=", runId).where("seq", ">", afterSeq).orderBy("seq").execute(),
    remove: async (runId) => void (await database.write((transaction) => transaction.deleteFrom("runs").where("id", "=", runId).execute())),
    async prune() {
      const before = new Date(now().getTime() - KEPT_MS).toISOString();
      await database.write((transaction) => transaction.deleteFrom("runs").where("state", "<>", "running").where("ended_at", "<", before).execute());
    },
    watch(runId, listener) {
      const known = listeners.get(runId) ?? new Set();
      listeners.set(runId, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0) listeners.delete(runId);
      };
    },
  };
}

const KINDS = ["download", "poll", "import"] as const;
const STATES = ["running", "success", "partial", "failed"] as const;

function decodeRun(row: Selectable<Tables["runs"]>): RunRecord {
  return {
    id: row.id,
    kind: KINDS.find((kind) => kind === row.kind) ?? "download",
    request: row.request,
    state: STATES.find((state) => state === row.state) ?? "failed",
    error: row.error,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
