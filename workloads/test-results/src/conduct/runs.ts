import { randomUUID } from "node:crypto";
import { textOf, textOrNull } from "../database/columns.ts";
import type { Database, Row } from "../database/database.ts";

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
  say(runId: string, message: string): Promise<void>;
  end(runId: string, end: RunEnd): Promise<void>;
  find(runId: string): RunRecord | null;
  running(): RunRecord[];
  messages(runId: string, afterSeq: number): { readonly seq: number; readonly message: string }[];
  remove(runId: string): Promise<void>;
  prune(): Promise<void>;
  /** Calls back whenever something was said or the run has ended. */
  watch(runId: string, listener: () => void): () => void;
}

const KEPT_MS = 24 * 3_600_000;

export function createRunBook(database: Database, now: () => Date): RunBook {
  const listeners = new Map<string, Set<() => void>>();
  const notify = (runId: string): void => {
    for (const listener of listeners.get(runId) ?? []) listener();
  };
  return {
    async open(kind, request) {
      const id = randomUUID();
      await database.write((writer) =>
        writer.run("INSERT INTO runs (id, kind, request, state, created_at) VALUES (:id, :kind, :request, 'running', :now)", {
          id,
          kind,
          request: JSON.stringify(request),
          now: now().toISOString(),
        }),
      );
      return id;
    },
    async say(runId, message) {
      await database.write((writer) =>
        writer.run("INSERT INTO run_messages (run_id, seq, message) SELECT :run, coalesce(max(seq), 0) + 1, :message FROM run_messages WHERE run_id = :run", {
          run: runId,
          message,
        }),
      );
      notify(runId);
    },
    async end(runId, { state, error }) {
      await database.write((writer) =>
        writer.run("UPDATE runs SET state = :state, error = :error, ended_at = :now WHERE id = :id AND state = 'running'", { id: runId, state, error, now: now().toISOString() }),
      );
      notify(runId);
    },
    find(runId) {
      const row = database.get("SELECT * FROM runs WHERE id = :id", { id: runId });
      return row === undefined ? null : decodeRun(row);
    },
    running: () => database.all("SELECT * FROM runs WHERE state = 'running' ORDER BY created_at").map(decodeRun),
    messages: (runId, afterSeq) =>
      database
        .all("SELECT seq, message FROM run_messages WHERE run_id = :run AND seq > :after ORDER BY seq", { run: runId, after: afterSeq })
        .map((row) => ({ seq: Number(row["seq"]), message: textOf(row, "message") })),
    remove: async (runId) => void (await database.write((writer) => writer.run("DELETE FROM runs WHERE id = :id", { id: runId }))),
    async prune() {
      const before = new Date(now().getTime() - KEPT_MS).toISOString();
      await database.write((writer) => writer.run("DELETE FROM runs WHERE state <> 'running' AND ended_at < :before", { before }));
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

function decodeRun(row: Row): RunRecord {
  return {
    id: textOf(row, "id"),
    kind: KINDS.find((kind) => kind === row["kind"]) ?? "download",
    request: textOf(row, "request"),
    state: STATES.find((state) => state === row["state"]) ?? "failed",
    error: textOrNull(row, "error"),
    createdAt: textOf(row, "created_at"),
    endedAt: textOrNull(row, "ended_at"),
  };
}
