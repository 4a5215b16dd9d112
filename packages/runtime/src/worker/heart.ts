import { fstatSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { BEAT_FILE, beatLine } from "../wire/index.ts";

/**
 * Beats in a file that the host reads when it looks: four messages a second of every worker would wake it up for nothing.
 * @returns false when the file cannot be written or was removed: the beat has to be said then.
 */
export function createHeart(scratchDirectory: string | undefined): (atMs: number) => boolean {
  let descriptor: number | null = null;
  return (atMs) => {
    if (scratchDirectory === undefined) return false;
    try {
      descriptor ??= openSync(join(dirname(scratchDirectory), BEAT_FILE), "w", 0o600);
      writeSync(descriptor, beatLine(atMs), 0, "latin1");
      return fstatSync(descriptor).nlink > 0;
    } catch {
      return false;
    }
  };
}
