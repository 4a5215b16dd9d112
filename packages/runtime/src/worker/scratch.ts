import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** The temporary directory of the attempt that runs. */
export interface Scratch {
  readonly path: string;
  /** Removes what the attempt left in it. Costs one look at the directory when it left nothing. */
  clear(): void;
  /** Bytes of the files in it now. */
  bytes(): number;
}

/** One directory serves all attempts of a worker, one after the other: each finds it empty. */
export function openScratch(): Scratch {
  const own = process.env["COFFERDAM_SCRATCH_DIR"];
  let seenMs = own === undefined ? 0 : changedAtMs(own);
  return {
    path: own ?? process.env["TMPDIR"] ?? "/tmp",
    clear() {
      // Whatever is made in a directory changes its time.
      if (own === undefined || changedAtMs(own) === seenMs) return;
      for (const name of namesIn(own)) {
        try {
          rmSync(join(own, name), { recursive: true, force: true });
        } catch {
          // Read-only directories stay until the supervisor removes them with the worker.
        }
      }
      seenMs = changedAtMs(own);
    },
    bytes: () => (own === undefined || changedAtMs(own) === seenMs ? 0 : bytesBelow(own)),
  };
}

/** Empty also when the job removed the directory itself. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Files beyond this are not looked at: an answer that is too low is better than an attempt that waits for it. */
const FILES_MAX = 5000;

function bytesBelow(directory: string): number {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).slice(0, FILES_MAX);
    return entries.reduce((sum, entry) => sum + (entry.isFile() ? (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0), 0);
  } catch {
    return 0;
  }
}

function changedAtMs(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
