import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { MemoryLimit, MemoryReading } from "../model/index.ts";
import { findContainer, leftIn } from "./container.ts";
import { kibibytesIn, stallIn } from "./fields.ts";
import { readSmallFile } from "./proc.ts";

/** Where the memory of this machine or container is read. The files are chosen once: they stay where they are. */
export interface MachineMemory {
  readonly limit: MemoryLimit;
  /** Two or three small files: about 50 µs. */
  read(): MemoryReading;
}

/**
 * Finds the limit that holds: the container's, else the machine's memory.
 * @param root where /proc and /sys are; another directory in tests
 */
export function findMachineMemory(root = "/"): MachineMemory {
  const container = findContainer(root);
  const meminfo = (label: string): number | null => kibibytesIn(readSmallFile(join(root, "proc/meminfo")), label);
  const pressureFile = container?.limit.source === "cgroup v2" ? join(container.directory, "memory.pressure") : join(root, "proc/pressure/memory");
  return {
    limit: container?.limit ?? { bytes: meminfo("MemTotal:") ?? totalmem(), source: "machine" },
    read() {
      const machine = meminfo("MemAvailable:") ?? freemem();
      const left = container === null ? null : leftIn(container);
      return { availableBytes: Math.min(machine, left ?? machine), stallPercent: stallIn(readSmallFile(pressureFile), "some") };
    },
  };
}
