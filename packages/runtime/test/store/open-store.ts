import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemChance, systemClock } from "../../src/platform/index.ts";
import { openEmbeddedStore, type EmbeddedStoreOptions, type Store } from "../../src/store/index.ts";

const opened = new Set<Store>();

/** A directory of its own. When the test ends, also by failing, the stores opened meanwhile are closed and the directory is removed. */
export async function makeDirectory(context: { after(action: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-store-"));
  context.after(async () => {
    for (const store of opened) await store.close();
    opened.clear();
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

export async function openAt(dataDir: string, given: Partial<EmbeddedStoreOptions> = {}): Promise<Store> {
  const store = await openEmbeddedStore({ dataDir, clock: systemClock, chance: systemChance, logger: silentLogger, ...given });
  opened.add(store);
  return store;
}
