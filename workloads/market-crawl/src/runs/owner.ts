import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** The process that answers for a run: machine, pid and when that process began, so that another one with its pid is not it. */
export function thisOwner(): string {
  return `${hostname()} ${process.pid} ${startOf(process.pid) ?? "?"}`;
}

const SILENCE_MS = 20_000;

/** Whether the owner is gone. On the same machine the system knows; elsewhere it is its silence. */
export function isOwnerGone(owner: string, heartbeatAt: string, nowMs: number): boolean {
  const [machine, pid, began] = owner.split(" ");
  if (machine === hostname() && began !== undefined && began !== "?" && startOf(process.pid) !== null) return startOf(Number(pid)) !== began;
  return nowMs - Date.parse(heartbeatAt) > SILENCE_MS;
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
