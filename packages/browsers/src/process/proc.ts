import { readdirSync, readFileSync, readlinkSync } from "node:fs";

// A smaller twin of the runtime's governor/proc.ts, on purpose: this package works without Cofferdam, and the runtime has no door to its rooms. They read the same files for different questions: here one
// browser by its command line, now and then; there every tree of the machine many times a second, through one buffer.

/** A process is named by its pid and its start: the pid alone is used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the boot. */
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessIdentity {
  readonly name: string;
  /** R, S, D, T, Z … */
  readonly state: string;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  readonly threads: number;
}

/** Whether this system has a /proc to look into. */
export const hasProc = process.platform === "linux";

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

export function readStat(pid: number): ProcessStat | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const numberAt = (index: number): number => Number(fields[index]);
  return {
    pid,
    name: text.slice(text.indexOf("(") + 1, close),
    state: fields[0] ?? "?",
    parentPid: numberAt(1),
    groupId: numberAt(2),
    sessionId: numberAt(3),
    threads: numberAt(17),
    startTicks: numberAt(19),
  };
}

/** All processes, or those that started then or later: an older one cannot descend from what started later. */
export function readProcesses(sinceTicks = 0): readonly ProcessStat[] {
  if (!hasProc) return [];
  const found: ProcessStat[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat !== null && stat.startTicks >= sinceTicks) found.push(stat);
  }
  return found;
}

/**
 * Whether its command line has the argument, or its environment the variable. What Chromium's zygote forks writes its command line anew, with
 * spaces, over its environment.
 */
export function startedWith(pid: number, argument: string, variable: string): boolean {
  const line = `\0${readText(`/proc/${pid}/cmdline`) ?? ""}`;
  return line.includes(`\0${argument}`) || line.includes(` ${argument}`) || `\0${readText(`/proc/${pid}/environ`) ?? ""}`.includes(`\0${variable}\0`);
}

/** Name of its PID namespace, for example "pid:[4026531836]"; null when it may not be read. */
export function readPidNamespace(pid: number | "self"): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

export function readBootId(): string | null {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

/** Proportional memory: what several processes share is shared out among them. About 4 ms for each process; 0 for one that is gone. */
export function readPssBytes(pid: number): number {
  const text = readText(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB/m.exec(text ?? "")?.[1] ?? 0) * 1024;
}

/** Private and shared memory of its own making (RssAnon + RssShmem). Cheap. */
export function readOwnBytes(pid: number): number {
  const text = readText(`/proc/${pid}/status`) ?? "";
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return (kilobytes("RssAnon") + kilobytes("RssShmem")) * 1024;
}

/** Sends the signal if this is still that process. True: it was sent. */
export function signalProcess(identity: ProcessIdentity, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): boolean {
  if (hasProc && readStat(identity.pid)?.startTicks !== identity.startTicks) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}
