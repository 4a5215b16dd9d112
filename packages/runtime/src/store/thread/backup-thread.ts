// A backup: one consistent copy, written beside the target and put in its place when it is complete. Lives as long as the copy takes.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { assert, CofferdamError } from "../../model/index.ts";
import { openForReading } from "../database.ts";
import { databaseFile } from "../directory.ts";
import { toFailureMessage, type FailureMessage } from "../failure.ts";

export interface BackupOptions {
  readonly dataDir: string;
  readonly file: string;
}

export type FromBackup = { readonly kind: "done"; readonly bytes: number } | { readonly kind: "failure"; readonly failure: FailureMessage };

assert(parentPort !== null, "a backup runs in its own thread");
start(parentPort, workerData);

function start(port: MessagePort, options: BackupOptions): void {
  const say = (message: FromBackup): void => port.postMessage(message);
  try {
    say({ kind: "done", bytes: copy(options) });
  } catch (error) {
    say({ kind: "failure", failure: toFailureMessage(toBackupError(error, options.file)) });
  }
}

function copy({ dataDir, file }: BackupOptions): number {
  const partial = `${file}.partial-${process.pid}`;
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) throw existsError(file);
  try {
    const database = openForReading(databaseFile(dataDir));
    try {
      // Copies from one read transaction: consistent, and writers go on meanwhile.
      database.exec("PRAGMA query_only = 0");
      database.prepare("VACUUM INTO ?").run(partial);
    } finally {
      database.close();
    }
    sync(partial, "r+");
    // The name is taken first: so the rename replaces only our own empty file, on file systems without hard links too.
    closeSync(openSync(file, "wx"));
    renameSync(partial, file);
    syncName(dirname(file));
    return statSync(file).size;
  } finally {
    rmSync(partial, { force: true });
  }
}

function sync(file: string, flags: "r" | "r+"): void {
  const descriptor = openSync(file, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The copy is complete and on disk: where its directory cannot be opened or synced, its name gets there a little later. */
function syncName(directory: string): void {
  try {
    sync(directory, "r");
  } catch {
    // some network file systems have no such call; a directory that may only be written cannot be opened
  }
}

function existsError(file: string): CofferdamError {
  return new CofferdamError("invalid_option", `${file} exists already; a backup never overwrites`, { hint: "Choose another file name, or move the old one away." });
}

function toBackupError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return error;
  if (error.code === "EEXIST") return existsError(file);
  if (error.code === "ENOSPC") return new CofferdamError("store_full", `no space left for the backup ${file}`, { hint: "Free some space there or choose another disk." });
  return new CofferdamError("store_failed", `the backup ${file} could not be written: ${error.message}`, { hint: "Check that its directory exists and can be written." });
}
