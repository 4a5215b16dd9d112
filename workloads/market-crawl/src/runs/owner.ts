import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The process that answers for a run: machine, pid and when that process began, so that another one with its pid is not it. */
export function thisOwner(): string {
  return `${thisMachine()} ${process.pid} ${startOf(process.pid) ?? "?"}`;
}

const SILENCE_MS = 20_000;

/** Whether the owner is gone. On the same machine the system knows; elsewhere it is its silence. */
export function isOwnerGone(owner: string, heartbeatAt: string, nowMs: number): boolean {
  const [machine, pid, began] = owner.split(" ");
  if (machine === thisMachine() && began !== undefined && began !== "?" && startOf(process.pid) !== null) return startOf(Number(pid)) !== began;
  return nowMs - Date.parse(heartbeatAt) > SILENCE_MS;
}

/** Where a pid means the same process: this host, and on it those who see the same processes. A worker, or a container, in a namespace of its own sees none of the others and must not call them dead. */
function thisMachine(): string {
  return `${hostname()}/${pidNamespace()}`;
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** Clock ticks after boot at which a process began; null when there is no such process, or no way to tell. A zombie is gone. */
function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\)\s/s, "")
      .split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
