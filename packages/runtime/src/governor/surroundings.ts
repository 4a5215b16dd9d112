import { statSync } from "node:fs";
import { join } from "node:path";
import type { ContainerState, MachineState } from "../model/index.ts";
import { keepFile, type KeptFile } from "./kept-file.ts";
import { readBootId, readSmallFile } from "./proc.ts";

/** What is around the runtime: the machine's memory and pressure, and the container that it lives in. */
export interface Surroundings {
  /** Memory left and memory pressure only: three small files, about 40 µs. */
  brief(): { readonly availableBytes: number | null; readonly memoryStallPercent: number | null };
  /** Everything, with the counters of out-of-memory kills: about 150 µs. `atMs` is handed through. */
  read(atMs: number): MachineState;
}

interface ContainerFiles {
  readonly directory: string;
  readonly limitBytes: number;
  readonly usage: string;
  readonly oomFile: string;
}

/** Finds the files once; they are read through kept descriptors. `root` is where /proc and /sys are: another directory in tests. */
export function openSurroundings(root = "/"): Surroundings {
  const kept = new Map<string, KeptFile>();
  const container = findContainer(root);

  function read(path: string): string | null {
    let file = kept.get(path);
    if (file === undefined) {
      file = keepFile(path);
      kept.set(path, file);
    }
    return file.read();
  }

  const machineFile = (name: string): string | null => read(join(root, "proc", name));

  function availableBytes(): number | null {
    const machine = kibibytes(machineFile("meminfo"), "MemAvailable:");
    const used = container === null ? null : numberIn(read(join(container.directory, container.usage)));
    if (container === null || used === null) return machine;
    const left = Math.max(0, container.limitBytes - used);
    return machine === null ? left : Math.min(machine, left);
  }

  function containerState(): ContainerState | null {
    if (container === null) return null;
    const events = read(join(container.directory, container.oomFile));
    return {
      inode: inodeOf(container.directory),
      limitBytes: container.limitBytes,
      usedBytes: numberIn(read(join(container.directory, container.usage))),
      oomKills: fieldIn(events, "oom_kill "),
      groupKills: fieldIn(events, "oom_group_kill "),
    };
  }

  return {
    brief: () => ({ availableBytes: availableBytes(), memoryStallPercent: stallIn(machineFile("pressure/memory"), "some") }),
    read(atMs) {
      const memory = machineFile("pressure/memory");
      return {
        atMs,
        bootId: readBootId(),
        totalBytes: kibibytes(machineFile("meminfo"), "MemTotal:"),
        availableBytes: availableBytes(),
        memorySomePercent: stallIn(memory, "some"),
        memoryFullPercent: stallIn(memory, "full"),
        cpuSomePercent: stallIn(machineFile("pressure/cpu"), "some"),
        ioSomePercent: stallIn(machineFile("pressure/io"), "some"),
        oomKills: fieldIn(machineFile("vmstat"), "oom_kill "),
        container: containerState(),
      };
    },
  };
}

/** The nearest cgroup above or around us that has a memory limit. */
function findContainer(root: string): ContainerFiles | null {
  const lines = (readSmallFile(join(root, "proc/self/cgroup")) ?? "").split("\n").map((line) => line.split(":"));
  for (const [id, controllers = "", ...path] of lines) {
    if (id === "0" && controllers === "") {
      const found = nearestLimit(join(root, "sys/fs/cgroup"), path.join(":"), "memory.max");
      if (found !== null) return { ...found, usage: "memory.current", oomFile: "memory.events" };
    }
    if (controllers.split(",").includes("memory")) {
      const found = nearestLimit(join(root, "sys/fs/cgroup/memory"), path.join(":"), "memory.limit_in_bytes");
      if (found !== null) return { ...found, usage: "memory.usage_in_bytes", oomFile: "memory.oom_control" };
    }
  }
  return null;
}

/** v1 says "unlimited" with a number close to 2^63. */
const UNLIMITED_BYTES = 2 ** 60;

function nearestLimit(mount: string, path: string, file: string): { readonly directory: string; readonly limitBytes: number } | null {
  const names = path.split("/").filter((name) => name !== "");
  for (let depth = names.length; depth >= 0; depth -= 1) {
    const directory = join(mount, ...names.slice(0, depth));
    const limitBytes = numberIn(readSmallFile(join(directory, file)));
    if (limitBytes !== null && limitBytes > 0 && limitBytes < UNLIMITED_BYTES) return { directory, limitBytes };
  }
  return null;
}

function inodeOf(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.ino ?? 0;
}

function kibibytes(text: string | null, label: string): number | null {
  const value = fieldIn(text, label);
  return value === null ? null : value * 1024;
}

/** "some avg10=0.12 avg60=…" */
function stallIn(text: string | null, kind: "some" | "full"): number | null {
  const found = new RegExp(`^${kind} avg10=([\\d.]+)`, "m").exec(text ?? "");
  return found === null ? null : Number(found[1]);
}

function fieldIn(text: string | null, label: string): number | null {
  if (text === null) return null;
  const at = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`);
  return at < 0 ? null : numberIn(text.slice(at === 0 && text.startsWith(label) ? label.length : at + 1 + label.length));
}

function numberIn(text: string | null): number | null {
  if (text === null) return null;
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? null : value;
}
