// A thread with one connection of node:sqlite. It answers questions in the order in which they come, and does nothing else.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { insertBulk } from "./insert-bulk.ts";
import type { Answer, Failure, Question, Statement, ThreadData } from "./messages.ts";

/** SQLite's own waiting, in one piece; whoever asked is told in between, and asks again. */
const LOCK_WAIT_MS = 100;
const STATEMENTS_MAX = 200;

/** Pages of the log, 64 MiB, before it is folded into the file: each folding waits for the disk, and writes pages once that were changed many times. */
const CHECKPOINT_PAGES = 16_000;

const PRAGMAS = `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA foreign_keys = ON; PRAGMA temp_store = FILE; PRAGMA cache_size = -8000`;

function open({ path, role, busyMs }: ThreadData): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: busyMs, readOnly: role === "reader" });
  if (role === "writer") connection.exec("PRAGMA journal_mode = WAL");
  connection.exec(`${PRAGMAS}; PRAGMA busy_timeout = ${Math.min(busyMs, LOCK_WAIT_MS)}`);
  return connection;
}

function createAnswerer(connection: DatabaseSync): (question: Question) => Answer {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    const found = known ?? connection.prepare(sql);
    // The map keeps its order of insertion: the first one has not been used for the longest time.
    if (known !== undefined) prepared.delete(sql);
    else if (prepared.size >= STATEMENTS_MAX) prepared.delete(prepared.keys().next().value ?? "");
    prepared.set(sql, found);
    return found;
  };
  /** As of the last answer. A full disk ends a transaction without having been asked: what was still to come of it must not be done on its own. */
  let inTransaction = false;
  return (question) => {
    if (question.kind === "query" && question.sql === "ROLLBACK") inTransaction = false;
    if (inTransaction && !connection.isTransaction) throw new Error("SQLite has rolled this transaction back; the statement before says why");
    const said = answerTo(question);
    inTransaction = question.kind !== "close" && connection.isTransaction;
    return said;
  };

  function answerTo(question: Question): Answer {
    const { id } = question;
    switch (question.kind) {
      case "transaction":
        transact(question.statements);
        return { ...NOTHING, id };
      case "close":
        connection.close();
        return { ...NOTHING, id };
      default:
        return { ...run(question), id };
    }
  }

  function run(said: Statement): Outcome {
    return said.kind === "bulk" ? { ...NOTHING, changes: insertBulk(statement, said) } : query(statement(said.sql), said);
  }

  /** From its first statement on nobody else writes: a transaction never finds out late that it must be run again. */
  function transact(statements: readonly Statement[]): void {
    statement("BEGIN IMMEDIATE").run();
    try {
      for (const each of statements) {
        run(each);
        if (!connection.isTransaction) throw new Error("SQLite has rolled this transaction back without saying why");
      }
      statement("COMMIT").run();
    } catch (error) {
      // A full disk has rolled back already.
      if (connection.isTransaction) statement("ROLLBACK").run();
      throw error;
    }
  }
}

type Outcome = Omit<Extract<Answer, { kind: "rows" }>, "id">;

const NOTHING: Outcome = { kind: "rows", rows: [], changes: 0, lastId: 0 };

function query(statement: StatementSync, { parameters, sql }: Extract<Statement, { kind: "query" }>): Outcome {
  if (statement.columns().length > 0) {
    const rows = statement.all(...parameters);
    return { kind: "rows", rows, changes: isSelect(sql) ? 0 : rows.length, lastId: 0 };
  }
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { kind: "rows", rows: [], changes: Number(changes), lastId: Number(lastInsertRowid) };
}

function isSelect(sql: string): boolean {
  return /^\s*(select|with|pragma)/i.test(sql);
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), code: null, errcode: null };
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  const errcode = "errcode" in error && typeof error.errcode === "number" ? error.errcode : null;
  return { name: error.name, message: error.message, code, errcode };
}

/** Bytes change hands instead of being copied: a copy would stay here until this small heap is looked through. */
function buffersOf(said: Answer): ArrayBuffer[] {
  if (said.kind !== "rows") return [];
  const buffers = new Set<ArrayBuffer>();
  for (const row of said.rows) for (const value of Object.values(row)) if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) buffers.add(value.buffer);
  return [...buffers];
}

if (parentPort === null) throw new Error("this runs as a thread");
const port = parentPort;
let answer: ((question: Question) => Answer) | null = null;
port.on("message", (question: Question) => {
  try {
    answer ??= createAnswerer(open(workerData as ThreadData));
    const said = answer(question);
    port.postMessage(said, buffersOf(said));
  } catch (error) {
    port.postMessage({ kind: "failed", id: question.id, failure: toFailure(error) } satisfies Answer);
  }
  if (question.kind === "close") port.close();
});
