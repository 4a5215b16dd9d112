/** One after the other for each key, in the order in which they were asked for. */
export function createTurns(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    const turn = mine.catch(() => undefined);
    last.set(key, turn);
    try {
      return await mine;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
