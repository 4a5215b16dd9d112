import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CofferdamError } from "../model/index.ts";
import { sqliteCode } from "./failure.ts";

/** The files of a data directory that belong to this room. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, "cofferdam.db");
}

/** The right to be the only process in a data directory; given up by `release` or by the end of the process, however it comes. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Makes the directory and locks it. The lock is the kernel's (a SQLite file held in an exclusive transaction), so it cannot outlive its owner;
 * owner.json beside it only serves the message.
 * @throws CofferdamError `data_dir_locked`, `data_dir_unusable`.
 */
export function lockDirectory(dataDir: string, nowMs: number): DirectoryLock {
  prepareDirectory(dataDir);
  let lock: DatabaseSync | null = null;
  try {
    lock = new DatabaseSync(join(dataDir, "owner.lock"), { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    throw isBusy(error) ? lockedError(dataDir) : unusableError(dataDir, error);
  }
  const held = lock;
  noteOwner(dataDir, nowMs);
  return { release: () => held.close() };
}

function prepareDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusableError(dataDir, error);
  }
}

function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== null && ((code & 0xff) === 5 || (code & 0xff) === 6);
}

function noteOwner(dataDir: string, nowMs: number): void {
  const file = join(dataDir, "owner.json");
  try {
    writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() }));
    renameSync(`${file}.new`, file);
  } catch {
    // A full disk must not keep us from starting: the lock is held, only its description is old.
  }
}

function lockedError(dataDir: string): CofferdamError {
  const owner = readOwner(dataDir);
  const who = owner === null ? "another process" : `process ${owner.pid} on ${owner.host} (since ${owner.since})`;
  return new CofferdamError("data_dir_locked", `${dataDir} is in use by ${who}`, {
    hint: `Stop ${owner === null ? "that process" : `process ${owner.pid}`} first, or choose another data directory (dataDir, COFFERDAM_DATA_DIR).`,
  });
}

function readOwner(dataDir: string): { readonly pid: number; readonly host: string; readonly since: string } | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(dataDir, "owner.json"), "utf8"));
    if (typeof owner !== "object" || owner === null || !("pid" in owner) || typeof owner.pid !== "number") return null;
    return { pid: owner.pid, host: "host" in owner ? String(owner.host) : "this machine", since: "since" in owner ? String(owner.since) : "an unknown time" };
  } catch {
    return null;
  }
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  EEXIST: ["it is a file, not a directory", "Move the file away or choose another data directory."],
  ENOTDIR: ["a part of its path is a file, not a directory", "Choose another data directory."],
  EACCES: ["permission is missing", "Give this user the right to write there, or choose another data directory."],
  EPERM: ["permission is missing", "Give this user the right to write there, or choose another data directory."],
  EROFS: ["it is on a read-only file system", "Mount it writable, or choose another data directory."],
  ENOSPC: ["the disk is full", "Free some space, or choose another data directory."],
};

function unusableError(dataDir: string, error: unknown): CofferdamError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  const [reason, hint] = REASONS[code] ?? [message, "Check its path and permissions, or choose another data directory."];
  return new CofferdamError("data_dir_unusable", `the data directory ${dataDir} cannot be used: ${reason}`, { hint, cause: error });
}
