import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that ends: a test's context, or a suite as {@link cleanedSuite} makes it. */
export interface Cleaned {
  after(action: () => Promise<void>): void;
}

const cleanUps = new WeakMap<Cleaned, (() => unknown)[]>();

/** What was made last goes first: a directory outlives what uses it. What fails does not keep the rest from going. */
export function cleanUp(cleaned: Cleaned, action: () => unknown): void {
  const known = cleanUps.get(cleaned);
  if (known !== undefined) return void known.push(action);
  const actions = [action];
  cleanUps.set(cleaned, actions);
  cleaned.after(() => runAll(actions.toReversed()));
}

/**
 * A suite that things are made for in its `before`: it takes node:test's `after`, which is heard only in the suite's own body.
 * @example
 * const suite = cleanedSuite(after);
 * before(async () => void (service = await startTestService(suite)));
 */
export function cleanedSuite(after: Cleaned["after"]): Cleaned {
  const suite = { after };
  cleanUp(suite, () => undefined);
  return suite;
}

/** A directory for this test or suite alone. */
export async function makeDirectory(cleaned: Cleaned, name = "workload"): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  cleanUp(cleaned, () => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function runAll(actions: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const action of actions) {
    try {
      await action();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures, "several clean-ups failed");
}
