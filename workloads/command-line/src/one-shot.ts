import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Works with a directory that is there for it alone, and gone afterwards. @param name what its name begins with */
export async function inTemporaryDirectory<Result>(name: string, work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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
