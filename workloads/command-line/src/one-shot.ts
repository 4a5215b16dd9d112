import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Works with a directory that is there for it alone, and gone afterwards: also when the process is ended meanwhile, by itself or by a SIGINT or SIGTERM that nobody else listens to.
 * @param name what its name begins with
 */
export async function inTemporaryDirectory<Result>(name: string, work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  // What dies with this process may still write while its files go.
  const removeNow = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", removeNow).on("SIGINT", exitUnlessHeard).on("SIGTERM", exitUnlessHeard);
  try {
    return await work(directory);
  } finally {
    process.off("SIGINT", exitUnlessHeard).off("SIGTERM", exitUnlessHeard);
    await rm(directory, { recursive: true, force: true });
    process.off("exit", removeNow);
  }
}

/** Ends as the signal would have ended it. Whoever else listens, such as {@link interruptibly}, ends the work in order. */
function exitUnlessHeard(signal: "SIGINT" | "SIGTERM"): void {
  if (process.listeners(signal).every((listener) => listener === exitUnlessHeard)) process.exit(128 + constants.signals[signal]);
}

/** While it works, the first SIGINT and the first SIGTERM interrupt it; they do not end the process. */
export async function interruptibly<Result>(interrupt: () => void, work: () => Promise<Result>): Promise<Result> {
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    return await work();
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
