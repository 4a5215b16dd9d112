import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";

/**
 * Synchronous reads of /proc with one reused buffer: eight times cheaper than asynchronous ones, and never behind a busy thread pool.
 * A process that is gone, or that may not be read, is `null`: that is normal, not an error.
 */
const buffer = Buffer.allocUnsafe(64 * 1024);
/** The kernel hands out long files a page at a time: only after a read of more than this there may be another one. */
const SHORT_READ_BYTES = 2048;

export function readSmallFile(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return null;
  }
  try {
    let length = 0;
    for (;;) {
      const got = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += got;
      if (got <= SHORT_READ_BYTES || length === buffer.length) break;
    }
    return buffer.toString("latin1", 0, length);
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/** A process for good: a pid alone may be somebody else a minute later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat). */
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessIdentity {
  readonly name: string;
  /** R running, S sleeping, D uninterruptible, T stopped, Z zombie. */
  readonly state: string;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  readonly cpuTicks: number;
  readonly threads: number;
  readonly residentPages: number;
}

/** As many fields as we read, counted from the state. */
const STAT_FIELDS = 22;

export function readStat(pid: number): ProcessStat | null {
  return parseStat(pid, readSmallFile(`/proc/${pid}/stat`));
}

/** The main thread of a process alone: its helpers' CPU is not its own. */
export function readMainThread(pid: number): ProcessStat | null {
  return parseStat(pid, readSmallFile(`/proc/${pid}/task/${pid}/stat`));
}

/** Where the kernel says how long the main thread of a process has run and waited. */
export function mainThreadSchedule(pid: number): string {
  return `/proc/${pid}/task/${pid}/schedstat`;
}

/** "ran waited slices", the first two in nanoseconds: how long it was ready to run and waited for a CPU, in ms. */
export function parseStarvedMs(schedule: string | null): number | null {
  const waited = Number(schedule?.split(" ")[1] ?? Number.NaN);
  return Number.isNaN(waited) ? null : waited / 1e6;
}

function parseStat(pid: number, text: string | null): ProcessStat | null {
  if (text === null) return null;
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < 0) return null;
  const fields = text.slice(close + 2).split(" ", STAT_FIELDS);
  return {
    pid,
    name: text.slice(open + 1, close),
    state: fields[0] ?? "?",
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    threads: Number(fields[17]),
    startTicks: Number(fields[19]),
    residentPages: Number(fields[21]),
  };
}

/** Memory that belongs to the process and can be counted over a tree without counting shared file pages twice. */
export function readAnonymousBytes(pid: number): number | null {
  const text = readSmallFile(`/proc/${pid}/status`);
  if (text === null) return null;
  return (numberAfter(text, "RssAnon:") + numberAfter(text, "RssShmem:")) * 1024;
}

function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  if (at < 0) return 0;
  return Number.parseInt(text.slice(at + label.length, at + label.length + 24), 10) || 0;
}

export function readCommandLine(pid: number): string | null {
  const text = readSmallFile(`/proc/${pid}/cmdline`);
  if (text === null) return null;
  const words = text.split("\0").filter((word) => word !== "");
  return Buffer.from(words.join(" "), "latin1").toString("utf8").slice(0, 300);
}

/** The soft RLIMIT_LOCKS value, which nothing uses since Linux 2.4.25: our cookie. */
export function readLocksLimit(pid: number): number | null {
  const text = readSmallFile(`/proc/${pid}/limits`);
  if (text === null) return null;
  const at = text.indexOf("Max file locks");
  if (at < 0) return null;
  return Number.parseInt(text.slice(at + "Max file locks".length).trimStart(), 10);
}

/** Inode of the process's PID namespace. */
export function readPidNamespace(pid: number | "self"): number | null {
  try {
    return statSync(`/proc/${pid}/ns/pid`).ino;
  } catch {
    return null;
  }
}

/** Its pids from our namespace inwards to its own; empty when it is gone. */
export function readNamespacePids(pid: number): readonly number[] {
  const text = readSmallFile(`/proc/${pid}/status`);
  const line = text === null ? undefined : /^NSpid:\s*(.*)$/m.exec(text)?.[1];
  return line === undefined ? [] : parsePids(line);
}

export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 49 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

/** The pid that the machine gave away last, in this process's namespace; null when it cannot be read. */
export function readNewestPid(): number | null {
  const newest = Number(readSmallFile("/proc/loadavg")?.trim().split(" ").at(-1) ?? Number.NaN);
  return Number.isInteger(newest) ? newest : null;
}

export function listChildren(pid: number): number[] {
  const text = readSmallFile(`/proc/${pid}/task/${pid}/children`);
  return text === null ? [] : parsePids(text);
}

export function parsePids(text: string): number[] {
  const pids: number[] = [];
  for (const word of text.split(/\s+/)) {
    const pid = Number(word);
    if (pid > 0) pids.push(pid);
  }
  return pids;
}

let bootIdCache: string | undefined;

export function readBootId(): string {
  bootIdCache ??= (readSmallFile("/proc/sys/kernel/random/boot_id") ?? "unknown").trim();
  return bootIdCache;
}

/** Whether this very process still exists. A zombie counts as gone. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && stat.state !== "Z" && stat.state !== "X";
}

/** OOM kills on the whole machine since boot; null when the kernel does not say. */
export function readMachineOomKills(): number | null {
  const text = readSmallFile("/proc/vmstat");
  if (text === null) return null;
  const at = text.indexOf("\noom_kill ");
  return at < 0 ? null : Number.parseInt(text.slice(at + "\noom_kill ".length), 10);
}
