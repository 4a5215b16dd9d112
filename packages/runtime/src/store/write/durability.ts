import { closeSync, fdatasyncSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Operation, OperationKind } from "../operations.ts";

/**
 * What is not a promise to anybody outside. It is with the operating system when it is answered, so that no death of this process loses it; a power cut may, and then
 * the job is simply ready again. Everything else is on the disk when it is answered.
 */
const NO_PROMISE: ReadonlySet<OperationKind> = new Set([
  "claim",
  "release",
  "recordIntent",
  "progress",
  "nextDueMs",
  "counts",
  "unfinished",
  "schedules",
  "watching",
  "lanes",
  "idempotency",
]);

/** After this time what was only with the operating system is on the disk as well, so that a job that takes the machine down is known to have been begun. */
export const LATE_MS = 100;

/** Decides for each commit whether it waits for the disk. */
export interface Durability {
  /** Before the transaction that will run these operations. */
  prepare(operations: readonly Operation[]): void;
  /** The transaction was committed. */
  committed(): void;
  /** Some commits are not on the disk yet. */
  owes(): boolean;
  /** Waits until everything that was committed is on the disk. Fails when the disk does. */
  pay(): void;
  close(): void;
}

export function createDurability(database: DatabaseSync, file: string): Durability {
  let mode: "FULL" | "NORMAL" = "FULL";
  let isOwing = false;
  let log: number | null = null;
  const changes = database.prepare("SELECT total_changes() AS changes");
  let changesBefore: unknown;
  return {
    prepare(operations) {
      const wanted = operations.every(({ kind }) => NO_PROMISE.has(kind)) ? "NORMAL" : "FULL";
      if (wanted !== mode) database.exec(`PRAGMA synchronous = ${wanted}`);
      mode = wanted;
      changesBefore = changes.get()?.["changes"];
    },
    committed() {
      // A commit that wrote nothing neither owes anything nor takes anything to the disk.
      if (changes.get()?.["changes"] === changesBefore) return;
      // A commit that waits for the disk takes with it what was written before.
      isOwing = mode === "NORMAL";
    },
    owes: () => isOwing,
    pay() {
      isOwing = false;
      log ??= openSync(`${file}-wal`, "r");
      fdatasyncSync(log);
    },
    close() {
      if (log !== null) closeSync(log);
      log = null;
    },
  };
}
