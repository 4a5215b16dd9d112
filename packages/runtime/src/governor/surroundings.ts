import { statSync } from "node:fs";
import { join } from "node:path";
import type { ContainerState, MachineState } from "../model/index.ts";
import { findContainer, leftIn } from "./container.ts";
import { fieldIn, kibibytesIn, numberIn, stallIn } from "./fields.ts";
import { keepFile, type KeptFile } from "./kept-file.ts";
import { readBootId } from "./proc.ts";

/** What is around the runtime: the machine's memory and pressure, and the container that it lives in. */
export interface Surroundings {
  /** Memory left and memory pressure only: three or four small files, about 50 µs. */
  brief(): { readonly availableBytes: number | null; readonly memoryStallPercent: number | null };
  /** Everything, with the counters of out-of-memory kills: about 150 µs. `atMs` is handed through. */
  read(atMs: number): MachineState;
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
    const machine = kibibytesIn(machineFile("meminfo"), "MemAvailable:");
    const left = container === null ? null : leftIn(container, read);
    return machine === null || left === null ? (machine ?? left) : Math.min(machine, left);
  }

  function containerState(): ContainerState | null {
    if (container === null) return null;
    const events = read(join(container.directory, container.oomFile));
    return {
      inode: inodeOf(container.directory),
      limitBytes: container.limit.bytes,
      usedBytes: numberIn(read(join(container.directory, container.usageFile))),
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
        totalBytes: kibibytesIn(machineFile("meminfo"), "MemTotal:"),
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

function inodeOf(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.ino ?? 0;
}
