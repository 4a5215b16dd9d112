export interface Turns<Key> {
  /** Begins when everything that was asked for before with the same key has ended, however it ended. */
  take<Result>(key: Key, work: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * Work on one key, one after the other in the order in which it was asked for; different keys do not wait for each other.
 * @example
 * const turns = createTurns<string>();
 * await turns.take("vpn/7", () => importJob("vpn/7"));
 */
export function createTurns<Key>(): Turns<Key> {
  const last = new Map<Key, Promise<unknown>>();
  return {
    take(key, work) {
      const mine = (last.get(key) ?? Promise.resolve()).then(work);
      const tail = mine.catch(() => undefined);
      last.set(key, tail);
      void tail.then(() => {
        if (last.get(key) === tail) last.delete(key);
      });
      return mine;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
