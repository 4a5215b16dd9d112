import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { readBootId, readPidNamespace, readStat, type ProcessIdentity } from "./proc.ts";

/** What stands on disk before a browser is started: enough for the next start to find and end it. */
export interface LedgerEntry {
  readonly schema: 1;
  /** The process that owns the browser. */
  readonly owner: ProcessIdentity;
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
  /** The browser's profile and TMPDIR are below it; its path stands in the command lines of its processes. */
  readonly directory: string;
  readonly executablePath: string;
  readonly startedAt: string;
  /** Known once it was started. */
  readonly root: ProcessIdentity | null;
}

export type OwnerState = "lives" | "gone" | "unknown";

export function createEntry(directory: string, executablePath: string): LedgerEntry {
  return {
    schema: 1,
    owner: { pid: process.pid, startTicks: readStat(process.pid)?.startTicks ?? 0 },
    bootId: readBootId(),
    pidNamespace: readPidNamespace("self"),
    directory,
    executablePath,
    startedAt: new Date().toISOString(),
    root: null,
  };
}

/** On disk when it returns. */
export function writeLedger(file: string, entry: LedgerEntry): void {
  const descriptor = openSync(file, "w", 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(entry)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Null for what is not a whole entry: it was being written when the power went. */
export function readLedger(file: string): LedgerEntry | null {
  try {
    return toEntry(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

function toEntry(value: unknown): LedgerEntry | null {
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  const owner = toIdentity(fields["owner"]);
  const { directory, executablePath, startedAt, bootId, pidNamespace } = fields;
  if (fields["schema"] !== 1 || owner === null || typeof directory !== "string" || typeof executablePath !== "string") return null;
  return {
    schema: 1,
    owner,
    bootId: typeof bootId === "string" ? bootId : null,
    pidNamespace: typeof pidNamespace === "string" ? pidNamespace : null,
    directory,
    executablePath,
    startedAt: String(startedAt),
    root: toIdentity(fields["root"]),
  };
}

function toIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("startTicks" in value)) return null;
  const { pid, startTicks } = value;
  return typeof pid === "number" && typeof startTicks === "number" ? { pid, startTicks } : null;
}

/** Whether the owner still lives. A pid of another namespace says nothing to us. */
export function ownerState(entry: LedgerEntry): OwnerState {
  if (entry.bootId !== readBootId()) return "gone";
  if (entry.pidNamespace !== readPidNamespace("self")) return "unknown";
  const stat = readStat(entry.owner.pid);
  if (stat === null || stat.state === "Z") return "gone";
  return stat.startTicks === entry.owner.startTicks ? "lives" : "gone";
}
