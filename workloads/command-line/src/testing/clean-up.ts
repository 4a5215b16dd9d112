import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const cleanUps = new WeakMap<TestContext, (() => unknown)[]>();

/** What was made last goes first: a directory outlives what uses it. */
export function cleanUp(test: TestContext, action: () => unknown): void {
  const known = cleanUps.get(test);
  if (known !== undefined) return void known.push(action);
  const actions = [action];
  cleanUps.set(test, actions);
  test.after(async () => {
    for (const each of actions.toReversed()) await each();
  });
}

/** A directory for this test alone. */
export async function makeDirectory(test: TestContext, name = "workload"): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  cleanUp(test, () => rm(directory, { recursive: true, force: true }));
  return directory;
}
