import type { DomainRecord } from "../record.ts";

/** The analyses that are known. Stores are saved soon, several at a time; the last of them when `flush` resolves. */
export interface Cache {
  get(domain: string): DomainRecord | null;
  all(): ReadonlyMap<string, DomainRecord>;
  store(record: DomainRecord): void;
  /** Resolves when everything that was stored is on disk. @throws what the last save failed with */
  flush(): Promise<void>;
}

export interface CacheOptions {
  readonly records: ReadonlyMap<string, DomainRecord>;
  /** Writes all of them. */
  readonly save: (records: ReadonlyMap<string, DomainRecord>) => Promise<void>;
}

/**
 * A save begins with the first store and takes in whatever is stored until it can begin: so at most what came during one save is not on disk,
 * and never ten stores without a save.
 */
export function createCache({ records: known, save }: CacheOptions): Cache {
  const records = new Map(known);
  let unsaved = 0;
  let saving: Promise<void> | null = null;

  async function saveAll(): Promise<void> {
    while (unsaved > 0) {
      const taken = unsaved;
      unsaved = 0;
      try {
        await save(records);
      } catch (error) {
        unsaved += taken;
        throw error;
      }
    }
  }

  function begin(): Promise<void> {
    saving ??= saveAll().finally(() => {
      saving = null;
    });
    return saving;
  }

  return {
    get: (domain) => records.get(domain) ?? null,
    all: () => records,
    store(record) {
      records.set(record.domain, record);
      unsaved += 1;
      // What fails here is tried again with the next store, and told by flush().
      begin().catch(() => undefined);
    },
    async flush() {
      await saving?.catch(() => undefined);
      await begin();
    },
  };
}
