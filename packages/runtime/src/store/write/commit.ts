import type { DatabaseSync } from "node:sqlite";
import { CofferdamError } from "../../model/index.ts";
import { isDiskFailure, toFailureMessage } from "../failure.ts";
import type { DiskReport, Operation, OperationReply } from "../operations.ts";
import type { WriteContext } from "./context.ts";
import type { Execute } from "./execute.ts";

export interface CommitReport {
  /** In the order of the operations. */
  readonly replies: readonly OperationReply[];
  readonly disk: DiskReport;
}

/**
 * Group commit. All waiting operations share one transaction and one fsync.
 * 1. The usual way: everything together, no savepoints.
 * 2. An operation threw: roll back, and do it again with each in its own savepoint; only the guilty one is rejected.
 * 3. The disk refused: roll back, and try each by itself. What ends attempts goes first and new jobs last, so that the last free bytes go to work that was already accepted.
 */
export function createCommit(context: WriteContext, execute: Execute): (operations: readonly Operation[]) => CommitReport {
  const { database } = context;
  const changes = database.prepare("SELECT total_changes() AS changes");

  const together = (operations: readonly Operation[]): readonly OperationReply[] =>
    inTransaction(context, () => operations.map((operation) => ({ ok: true, value: execute(operation) })));

  const inSavepoints = (operations: readonly Operation[]): readonly OperationReply[] =>
    inTransaction(context, () => operations.map((operation) => inSavepoint(context, () => execute(operation))));

  const apart = (operations: readonly Operation[]): readonly OperationReply[] => {
    const replies = new Map<Operation, OperationReply>();
    const ordered = [...operations.filter((operation) => operation.kind !== "enqueue"), ...operations.filter((operation) => operation.kind === "enqueue")];
    let refusal: OperationReply | null = null;
    for (const operation of ordered) {
      const reply: OperationReply = refusal !== null && operation.kind === "enqueue" ? refusal : alone(context, () => execute(operation));
      if (!reply.ok && operation.kind === "enqueue") refusal = reply;
      replies.set(operation, reply);
    }
    return operations.map((operation) => replies.get(operation) ?? notRun());
  };

  return (operations) => {
    const changesBefore = changes.get()?.["changes"];
    context.durability.prepare(operations);
    const done = (replies: readonly OperationReply[]): CommitReport => ({ replies, disk: { state: changes.get()?.["changes"] === changesBefore ? "idle" : "written" } });
    try {
      return done(together(operations));
    } catch (error) {
      if (!isDiskFailure(error)) return runInSavepoints(operations, inSavepoints, done);
      return { replies: apart(operations), disk: { state: "refused", failure: toFailureMessage(error) } };
    }
  };
}

function runInSavepoints(
  operations: readonly Operation[],
  inSavepoints: (operations: readonly Operation[]) => readonly OperationReply[],
  done: (replies: readonly OperationReply[]) => CommitReport,
): CommitReport {
  try {
    return done(inSavepoints(operations));
  } catch (error) {
    const failure = toFailureMessage(error);
    return { replies: operations.map(() => ({ ok: false, failure })), disk: { state: "refused", failure } };
  }
}

function inTransaction<T>(context: WriteContext, work: () => T): T {
  const { database } = context;
  try {
    database.exec("BEGIN IMMEDIATE");
    const result = work();
    context.flush();
    database.exec("COMMIT");
    context.durability.committed();
    return result;
  } catch (error) {
    rollBack(database);
    context.reload();
    throw error;
  }
}

function alone(context: WriteContext, work: () => unknown): OperationReply {
  try {
    return { ok: true, value: inTransaction(context, work) };
  } catch (error) {
    return { ok: false, failure: toFailureMessage(error) };
  }
}

function inSavepoint(context: WriteContext, work: () => unknown): OperationReply {
  const { database } = context;
  database.exec("SAVEPOINT operation");
  try {
    const value = work();
    context.flush();
    database.exec("RELEASE operation");
    return { ok: true, value };
  } catch (error) {
    // A disk that failed has ended the whole transaction; that is for the caller to see.
    if (isDiskFailure(error)) throw error;
    database.exec("ROLLBACK TO operation; RELEASE operation");
    context.reload();
    return { ok: false, failure: toFailureMessage(error) };
  }
}

/** SQLite has already rolled back after some failures; then there is nothing to do. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("ROLLBACK");
}

function notRun(): OperationReply {
  return { ok: false, failure: toFailureMessage(new CofferdamError("broken_invariant", "an operation was not run")) };
}
