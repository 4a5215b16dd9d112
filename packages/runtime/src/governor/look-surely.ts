import { readNewestPid } from "./proc.ts";

const EMPTY_LOOKS_MAX = 5;

/**
 * Looks for processes by scans of /proc, which can miss who is forked and whose parent ends while they read.
 * An empty look counts only when no process was started on the machine meanwhile; after five of them the last one counts.
 */
export function lookSurely<Found>(look: () => readonly Found[], newestPid: () => number | null = readNewestPid): readonly Found[] {
  for (let looks = 1; ; looks += 1) {
    const before = newestPid();
    const found = look();
    if (found.length > 0 || looks === EMPTY_LOOKS_MAX) return found;
    if (before !== null && newestPid() === before) return found;
  }
}
