import { totalmem } from "node:os";
import { join } from "node:path";
import type { MemoryLimit } from "../model/index.ts";
import { fieldIn, kibibytesIn, numberIn } from "./fields.ts";
import { readSmallFile } from "./proc.ts";

/** The cgroup whose memory limit ends the runtime: its directory, and how its files are called. */
export interface Container {
  readonly limit: MemoryLimit;
  readonly directory: string;
  readonly usageFile: string;
  readonly cacheField: string;
  readonly oomFile: string;
}

/**
 * The smallest limit of our own cgroup's and all above it; null where none is within the machine's memory (v1 says "no limit" by a number that nobody has).
 * Some containers (LXC) are shown a machine that is as large as their limit.
 * @param root where /proc and /sys are; another directory in tests
 */
export function findContainer(root: string): Container | null {
  const machineBytes = kibibytesIn(readSmallFile(join(root, "proc/meminfo")), "MemTotal:") ?? totalmem();
  return [containerV2(root), containerV1(root)].find((found) => found !== null && found.limit.bytes <= machineBytes) ?? null;
}

/** What its limit leaves; null when it cannot be read. The page cache that nobody uses is given back before anybody is killed. */
export function leftIn({ limit, directory, usageFile, cacheField }: Container, read: (path: string) => string | null = readSmallFile): number | null {
  const used = numberIn(read(join(directory, usageFile)));
  if (used === null) return null;
  const cache = fieldIn(read(join(directory, "memory.stat")), `${cacheField} `) ?? 0;
  return Math.max(0, limit.bytes - Math.max(0, used - cache));
}

function containerV2(root: string): Container | null {
  const path = ownPath(root, (line) => line.startsWith("0::"));
  const found = path === null ? null : smallestLimit(join(root, "sys/fs/cgroup"), path, "memory.max");
  if (found === null) return null;
  return { limit: { bytes: found.bytes, source: "cgroup v2" }, directory: found.directory, usageFile: "memory.current", cacheField: "inactive_file", oomFile: "memory.events" };
}

function containerV1(root: string): Container | null {
  const path = ownPath(root, (line) => (line.split(":")[1] ?? "").split(",").includes("memory"));
  const found = path === null ? null : smallestLimit(join(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes");
  if (found === null) return null;
  return {
    limit: { bytes: found.bytes, source: "cgroup v1" },
    directory: found.directory,
    usageFile: "memory.usage_in_bytes",
    cacheField: "total_inactive_file",
    oomFile: "memory.oom_control",
  };
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
    const bytes = numberIn(readSmallFile(join(directory, file))) ?? 0;
    if (bytes > 0 && bytes < (smallest?.bytes ?? Number.POSITIVE_INFINITY)) smallest = { bytes, directory };
  }
  return smallest;
}
