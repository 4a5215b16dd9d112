import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemChance, systemClock } from "../../src/platform/index.ts";
import { openEmbeddedStore, type EmbeddedStoreOptions, type Store } from "../../src/store/index.ts";

/** A directory of its own, removed when the test ends. */
export async function makeDirectory(context: { after(action: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-store-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function openAt(dataDir: string, given: Partial<EmbeddedStoreOptions> = {}): Promise<Store> {
  return openEmbeddedStore({ dataDir, clock: systemClock, chance: systemChance, logger: silentLogger, ...given });
}
