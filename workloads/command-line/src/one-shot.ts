import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "cofferdam";
import { CommandError, EXIT } from "./exit-codes.ts";

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

/** What a command needs of its runtime to know whether it is of any use. */
type Usable = Pick<Runtime, "failed"> & { readonly control: Pick<Runtime["control"], "brokenModules"> };

/**
 * Does a command's work on a runtime of its own. What it waits for would never come once it is interrupted (the first SIGINT or SIGTERM) or the runtime is of no use.
 * @throws CommandError for these two
 */
export async function workOn<Result>(runtime: Usable, work: () => Promise<Result>): Promise<Result> {
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(new CommandError(EXIT.failed, "interrupted", "What was begun goes on with the next command or server."));
  return await interruptibly(interrupt, () => Promise.race([work(), interrupted.promise, untilUseless(runtime)]));
}

/** Goes with whatever waits for jobs. @throws CommandError when none will ever run: a job module cannot be loaded, or no worker has come up for a minute. Else it stays open for good. */
export async function untilUseless({ control, failed }: Usable): Promise<never> {
  const [broken] = control.brokenModules();
  const why = broken === undefined ? await failed : `${broken.at ?? broken.moduleUrl} cannot be used: ${broken.message}`;
  throw new CommandError(EXIT.failed, why, "`npx cofferdam doctor` says what this machine allows; when that is mended, run the command again.");
}
