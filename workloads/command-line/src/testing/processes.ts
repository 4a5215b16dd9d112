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

/** Signals a process and everything below it: processes that the test itself has started. What has ended meanwhile is passed over. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`);
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
  for (const child of children.split(" ").filter((each) => each !== "")) signalTree(Number(child), signal);
}
