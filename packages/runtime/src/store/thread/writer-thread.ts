// The writer: owns the data directory's lock and the only writing connection. Everything that waits shares one commit.
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { assert } from "../../model/index.ts";
import { systemClock } from "../../platform/index.ts";
import { openForWriting, type OpenedDatabase } from "../database.ts";
import { databaseFile, lockDirectory, type DirectoryLock } from "../directory.ts";
import { toFailureMessage } from "../failure.ts";
import type { FromWriter, OperationReply, ToWriter } from "../operations.ts";
import { createCommit, type CommitReport } from "../write/commit.ts";
import { createWriteContext } from "../write/context.ts";
import { createDurability, LATE_MS, type Durability } from "../write/durability.ts";
import { createExecute } from "../write/execute.ts";

export interface WriterOptions {
  readonly dataDir: string;
  readonly nowMs: number;
  /** For tests: SQLite's own page limit, which makes the disk "full" for real at a known size. */
  readonly pagesMax: number | null;
}

assert(parentPort !== null, "the writer runs in its own thread");
start(parentPort, workerData);

function start(port: MessagePort, options: WriterOptions): void {
  const say = (message: FromWriter): void => port.postMessage(message);
  let lock: DirectoryLock | null = null;
  try {
    lock = lockDirectory(options.dataDir, options.nowMs);
    const opened = openForWriting(databaseFile(options.dataDir));
    if (options.pagesMax !== null) opened.database.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    serve(port, opened, createDurability(opened.database, databaseFile(options.dataDir)), lock);
    say({ kind: "opened", schemaVersion: opened.schemaVersion, journalMode: opened.journalMode });
  } catch (error) {
    lock?.release();
    say({ kind: "refused", failure: toFailureMessage(error) });
    port.close();
  }
}

function serve(port: MessagePort, { database }: OpenedDatabase, durability: Durability, lock: DirectoryLock): void {
  const context = createWriteContext(database, durability);
  const commit = createCommit(context, createExecute(context));
  const payLate = createLatePayment(durability);
  port.on("message", (first: ToWriter) => {
    for (let waiting = takeAll(port, first); waiting.length > 0; waiting = takeAll(port, null)) {
      const batches = waiting.filter((message) => message.kind === "batch");
      if (batches.length > 0) answer(port, batches, commit(batches.flatMap((message) => message.operations)));
      if (batches.length < waiting.length) {
        durability.close();
        database.close();
        lock.release();
        port.close();
        return;
      }
    }
    payLate();
  });
}

/** A failing disk shows itself at the next commit that waits for it; nobody waits for this one. */
function createLatePayment(durability: Durability): () => void {
  let isPlanned = false;
  const pay = (): void => {
    isPlanned = false;
    try {
      if (durability.owes()) durability.pay();
    } catch {
      // said again by the next commit
    }
  };
  return () => {
    if (isPlanned || !durability.owes()) return;
    isPlanned = true;
    systemClock.after(LATE_MS, pay, { keepAlive: false });
  };
}

function takeAll(port: MessagePort, first: ToWriter | null): readonly ToWriter[] {
  const messages: ToWriter[] = first === null ? [] : [first];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) messages.push(next.message);
  return messages;
}

/** Gives each batch its own part of the replies. */
function answer(port: MessagePort, batches: readonly Extract<ToWriter, { kind: "batch" }>[], report: CommitReport): void {
  let from = 0;
  for (const { batch, operations } of batches) {
    const replies: readonly OperationReply[] = report.replies.slice(from, from + operations.length);
    from += operations.length;
    const message: FromWriter = { kind: "answers", batch, replies, disk: report.disk };
    port.postMessage(message);
  }
}
