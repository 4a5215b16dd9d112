import { chmodSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

const ALL = { recursive: true, force: true } as const;

/**
 * Removes a file, or a directory with everything in it, also where a program has taken the right to write away from its own directories.
 * Never rejects: what still cannot be removed stays, and why is the answer; null when nothing is left.
 */
export async function removeTree(path: string): Promise<unknown> {
  try {
    await rm(path, ALL);
    return null;
  } catch {
    return removeTreeSync(path);
  }
}

/** The same, at once. Never throws. */
export function removeTreeSync(path: string): unknown {
  try {
    rmSync(path, ALL);
    return null;
  } catch {
    openUp(path);
  }
  try {
    rmSync(path, ALL);
    return null;
  } catch (error) {
    return error;
  }
}

/** Its owner may write to every directory below. What is not ours stays as it is. */
function openUp(directory: string): void {
  try {
    chmodSync(directory, 0o700);
    for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) openUp(join(directory, entry.name));
  } catch {
    // not a directory, not ours, or gone
  }
}
