import { readdirSync, readFileSync } from "node:fs";

/** Pids of processes that carry this text (the path of a test's directory) in their environment or their command line; not this one. What only waits to be reaped has neither. */
export function processesThatName(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => ["environ", "cmdline"].some((file) => readIfThere(`/proc/${entry}/${file}`).includes(text)))
    .map(Number);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
