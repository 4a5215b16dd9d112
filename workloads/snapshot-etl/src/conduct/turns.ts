/** Work on one key, one after the other; different keys do not wait for each other. */
export function createTurns<Key>() {
  const last = new Map<Key, Promise<unknown>>();
  return {
    take<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
      const before = last.get(key) ?? Promise.resolve();
      const mine = before.then(work, work);
      const tail = mine.catch(() => undefined);
      last.set(key, tail);
      void tail.then(() => {
        if (last.get(key) === tail) last.delete(key);
      });
      return mine;
    },
    /** Resolves when nothing is under way. */
    async idle(): Promise<void> {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
