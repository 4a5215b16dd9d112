import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keepFile, type KeptFile } from "./kept-file.ts";
import { parsePids } from "./proc.ts";

/** Where this process may make cgroups. Found by doing it once; see probe.ts. */
export interface CgroupRoots {
  /** Directory in the v2 hierarchy with cgroup.kill. */
  readonly v2: string | null;
  readonly v2Memory: boolean;
  readonly v2Pids: boolean;
  readonly v1Memory: string | null;
  readonly v1Pids: string | null;
}

export const NO_CGROUPS: CgroupRoots = { v2: null, v2Memory: false, v2Pids: false, v1Memory: null, v1Pids: null };

export interface KernelCounters {
  readonly oomKill: number | null;
  readonly limitHits: number | null;
  readonly pidsRefused: number | null;
}

const NO_LIMIT_V1 = "-1";
const NO_LIMIT = "max";

/** One compartment's cgroups: up to three directories (v2, v1 memory, v1 pids) that are used as one. */
export interface Cgroup {
  /** The `cgroup.procs` files a process writes "0" into to join. */
  readonly joinFiles: readonly string[];
  readonly kernelMemory: boolean;
  readonly kernelPids: boolean;
  setLimits(limits: { readonly memoryBytes: number | null; readonly tasks: number | null }): void;
  /** Charged bytes less what the kernel can drop at once; null when there is no memory controller. */
  chargedBytes(): number | null;
  tasks(): number | null;
  cpuMicros(): number | null;
  /** Since it was made: 2 µs. */
  counters(): KernelCounters;
  pids(): number[];
  /** Ends every process in it, also those that are just being forked. */
  kill(): void;
  /** Removes the directories; false while the kernel still holds one (zombies). */
  remove(): boolean;
}

export function hasCgroups(roots: CgroupRoots): boolean {
  return roots.v2 !== null || roots.v1Pids !== null;
}

export function createCgroup(roots: CgroupRoots, name: string): Cgroup {
  const v2 = roots.v2 === null ? null : join(roots.v2, name);
  const v1Memory = roots.v1Memory === null ? null : join(roots.v1Memory, name);
  const v1Pids = roots.v1Pids === null ? null : join(roots.v1Pids, name);
  const directories = [v2, v1Memory, v1Pids].filter((directory) => directory !== null);
  for (const directory of directories) mkdirSync(directory);
  return openCgroup({ v2, v2Memory: roots.v2Memory, v2Pids: roots.v2Pids, v1Memory, v1Pids });
}

/** The same, for directories that exist already (found by the sweep). */
export function openCgroup(paths: CgroupRoots): Cgroup {
  const { v2, v1Memory, v1Pids } = paths;
  const directories = [v2, v1Memory, v1Pids].filter((directory) => directory !== null);
  const procs = keepFile(join(v2 ?? v1Pids ?? v1Memory ?? "", "cgroup.procs"));
  const memoryLimit = limitWriter(v1Memory, "memory.limit_in_bytes", paths.v2Memory ? v2 : null, "memory.max");
  const pidsLimit = limitWriter(v1Pids, "pids.max", paths.v2Pids ? v2 : null, "pids.max");
  let currentLimits = "";
  const kept = new Map<string, KeptFile>();

  /** Reads a file that is read often. */
  function read(directory: string, name: string): string | null {
    // Each name is read in one directory only.
    let file = kept.get(name);
    if (file === undefined) {
      file = keepFile(join(directory, name));
      kept.set(name, file);
    }
    return file.read();
  }

  let usageThen = 0;
  let cacheThen = 0;

  /** The cache is dear to read (the kernel adds up its statistics for it): read again only when the usage has changed by more than a sixty-fourth. */
  function chargeLessCache(directory: string, usageFile: string, cacheField: string): number | null {
    const usage = numberIn(read(directory, usageFile));
    if (usage === null) return null;
    if (Math.abs(usage - usageThen) > usageThen / 64) {
      cacheThen = fieldIn(read(directory, "memory.stat"), cacheField) ?? 0;
      usageThen = usage;
    }
    return Math.max(0, usage - cacheThen);
  }

  function limitHits(): number | null {
    if (v1Memory !== null) return numberIn(read(v1Memory, "memory.failcnt"));
    return v2 !== null && paths.v2Memory ? fieldIn(read(v2, "memory.events.local"), "oom ") : null;
  }

  function oomKills(): number | null {
    if (v1Memory !== null) return fieldIn(read(v1Memory, "memory.oom_control"), "oom_kill ");
    return v2 !== null && paths.v2Memory ? fieldIn(read(v2, "memory.events"), "oom_kill ") : null;
  }

  function pidsRefused(): number | null {
    if (v1Pids !== null) return fieldIn(read(v1Pids, "pids.events"), "max ");
    return v2 !== null && paths.v2Pids ? fieldIn(read(v2, "pids.events"), "max ") : null;
  }

  return {
    joinFiles: directories.map((directory) => join(directory, "cgroup.procs")),
    kernelMemory: memoryLimit !== null,
    kernelPids: pidsLimit !== null,
    setLimits(limits) {
      const wanted = `${limits.memoryBytes} ${limits.tasks}`;
      if (wanted === currentLimits) return;
      memoryLimit?.(limits.memoryBytes === null ? (v1Memory === null ? NO_LIMIT : NO_LIMIT_V1) : String(limits.memoryBytes));
      pidsLimit?.(limits.tasks === null ? NO_LIMIT : String(limits.tasks));
      currentLimits = wanted;
    },
    chargedBytes() {
      if (v1Memory !== null) return chargeLessCache(v1Memory, "memory.usage_in_bytes", "total_inactive_file ");
      return v2 !== null && paths.v2Memory ? chargeLessCache(v2, "memory.current", "inactive_file ") : null;
    },
    tasks() {
      const directory = v1Pids ?? (paths.v2Pids ? v2 : null);
      return directory === null ? null : numberIn(read(directory, "pids.current"));
    },
    cpuMicros() {
      return v2 === null ? null : fieldIn(read(v2, "cpu.stat"), "usage_usec ");
    },
    counters: () => ({ oomKill: oomKills(), limitHits: limitHits(), pidsRefused: pidsRefused() }),
    pids() {
      return parsePids(procs.read() ?? "");
    },
    kill() {
      if (v2 !== null) tryWrite(join(v2, "cgroup.kill"), "1");
      // Without cgroup.kill: nothing can be forked any more, so that one pass of signals (by the caller, from the census) is final.
      else if (v1Pids !== null) tryWrite(join(v1Pids, "pids.max"), "0");
    },
    remove() {
      for (const file of [procs, ...kept.values()]) file.close();
      kept.clear();
      let removed = true;
      for (const directory of directories) if (!removeDirectory(directory)) removed = false;
      return removed;
    },
  };
}

function limitWriter(v1: string | null, v1File: string, v2: string | null, v2File: string): ((value: string) => void) | null {
  const path = v1 !== null ? join(v1, v1File) : v2 !== null ? join(v2, v2File) : null;
  return path === null ? null : (value) => void tryWrite(path, value);
}

function numberIn(text: string | null): number | null {
  if (text === null) return null;
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? null : value;
}

function fieldIn(text: string | null, label: string): number | null {
  if (text === null) return null;
  const at = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (at === 0 && !text.startsWith(label)) return null;
  return Number.parseInt(text.slice(at + label.length), 10);
}

export function tryWrite(path: string, value: string): boolean {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    return false;
  }
}

/** Removes a cgroup with what the program made below it; false while it is in use. */
export function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
  }
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) removeDirectory(join(directory, entry.name));
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
