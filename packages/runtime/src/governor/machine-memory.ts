import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { MemoryLimit, MemoryReading } from "../model/index.ts";
import { readSmallFile } from "./proc.ts";

/** Where the memory of this machine or container is read. The files are chosen once: they stay where they are. */
export interface MachineMemory {
  readonly limit: MemoryLimit;
  /** Two or three small files: about 50 µs. */
  read(): MemoryReading;
}

interface Container {
  readonly limit: MemoryLimit;
  /** Its directory, and how its files are called. */
  readonly directory: string;
  readonly usageFile: string;
  readonly cacheField: string;
}

const KIBIBYTE = 1024;

/**
 * Finds the limit that holds: the smallest of our own cgroup's and all above it, else the machine's memory.
 * @param root where /proc and /sys are; another directory in tests
 */
export function findMachineMemory(root = "/"): MachineMemory {
  const machineBytes = meminfo(root, "MemTotal:") ?? totalmem();
  const container = [containerV2(root), containerV1(root)].find((found) => found !== null && found.limit.bytes < machineBytes) ?? null;
  const pressureFile = container?.limit.source === "cgroup v2" ? join(container.directory, "memory.pressure") : join(root, "proc/pressure/memory");
  return {
    limit: container?.limit ?? { bytes: machineBytes, source: "machine" },
    read() {
      const machine = meminfo(root, "MemAvailable:") ?? freemem();
      return { availableBytes: Math.min(machine, container === null ? machine : leftOf(container)), stallPercent: stallPercent(readSmallFile(pressureFile)) };
    },
  };
}

function containerV2(root: string): Container | null {
  const path = ownPath(root, (line) => line.startsWith("0::"));
  const found = path === null ? null : smallestLimit(join(root, "sys/fs/cgroup"), path, "memory.max");
  return found === null ? null : { limit: { bytes: found.bytes, source: "cgroup v2" }, directory: found.directory, usageFile: "memory.current", cacheField: "inactive_file" };
}

function containerV1(root: string): Container | null {
  const path = ownPath(root, (line) => (line.split(":")[1] ?? "").split(",").includes("memory"));
  const found = path === null ? null : smallestLimit(join(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes");
  return found === null
    ? null
    : { limit: { bytes: found.bytes, source: "cgroup v1" }, directory: found.directory, usageFile: "memory.usage_in_bytes", cacheField: "total_inactive_file" };
}

function ownPath(root: string, isOurs: (line: string) => boolean): string | null {
  const line = (readSmallFile(join(root, "proc/self/cgroup")) ?? "").split("\n").find(isOurs);
  return line === undefined ? null : line.split(":").slice(2).join(":");
}

/** From our own cgroup up to the root: the smallest limit is the one that ends us. In a container our own path may not be there, but its root is. */
function smallestLimit(mount: string, path: string, file: string): { readonly bytes: number; readonly directory: string } | null {
  const names = path.split("/").filter((name) => name !== "");
  let smallest: { readonly bytes: number; readonly directory: string } | null = null;
  for (let depth = names.length; depth >= 0; depth -= 1) {
    const directory = join(mount, ...names.slice(0, depth));
    const bytes = Number.parseInt(readSmallFile(join(directory, file)) ?? "", 10);
    if (bytes > 0 && bytes < (smallest?.bytes ?? Number.POSITIVE_INFINITY)) smallest = { bytes, directory };
  }
  return smallest;
}

/** The page cache that nobody uses is given back before anybody is killed. */
function leftOf({ limit, directory, usageFile, cacheField }: Container): number {
  const used = Number.parseInt(readSmallFile(join(directory, usageFile)) ?? "0", 10) || 0;
  const cache = fieldOf(readSmallFile(join(directory, "memory.stat")), `${cacheField} `) ?? 0;
  return Math.max(0, limit.bytes - Math.max(0, used - cache));
}

function meminfo(root: string, label: string): number | null {
  const kibibytes = fieldOf(readSmallFile(join(root, "proc/meminfo")), label);
  return kibibytes === null ? null : kibibytes * KIBIBYTE;
}

/** "some avg10=0.12 avg60=…" */
function stallPercent(text: string | null): number | null {
  const found = /^some avg10=([\d.]+)/m.exec(text ?? "");
  return found === null ? null : Number(found[1]);
}

function fieldOf(text: string | null, label: string): number | null {
  if (text === null) return null;
  const line = text.split("\n").find((each) => each.startsWith(label));
  const value = line === undefined ? Number.NaN : Number.parseInt(line.slice(label.length), 10);
  return Number.isNaN(value) ? null : value;
}
