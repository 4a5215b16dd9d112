/** Says how far an import has come, without anybody waiting for it. */
export interface Checkpoints {
  /** @throws what storing an earlier one threw: whoever may not store one any more may not write either. */
  note(written: number): void;
  /** Waits until what was noted is stored. @throws likewise */
  settle(): Promise<void>;
}

/** Stores one at a time, and then the newest. */
export function createCheckpoints(store: (written: number) => Promise<void>): Checkpoints {
  let newest: number | null = null;
  let storing: Promise<void> | null = null;
  let failure: { readonly error: unknown } | null = null;

  async function storeNewest(): Promise<void> {
    try {
      while (newest !== null) {
        const written = newest;
        newest = null;
        await store(written);
      }
    } catch (error) {
      failure = { error };
    }
    storing = null;
  }

  function assertStored(): void {
    if (failure !== null) throw failure.error;
  }

  return {
    note(written) {
      assertStored();
      newest = written;
      storing ??= storeNewest();
    },
    async settle() {
      await storing;
      assertStored();
    },
  };
}
