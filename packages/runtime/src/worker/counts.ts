import type { CountMessage } from "../wire/index.ts";

/** What jobs count, gathered until the next beat. */
export interface Counts {
  add(type: string, name: string, by: number): void;
  flush(): void;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,79}$/;

/** As many as one message may name. */
const NAMES_MAX = 1000;

export function createCounts(send: (message: CountMessage) => void): Counts {
  const byType = new Map<string, Map<string, number>>();

  function flush(): void {
    if (byType.size === 0) return;
    for (const [type, counts] of byType) send({ kind: "counted", type, counts: [...counts] });
    byType.clear();
  }

  return {
    add(type, name, by) {
      if (typeof name !== "string" || !NAME.test(name)) throw new TypeError("the name of a counter is 1 to 80 letters, digits, dots, dashes or underscores");
      if (!Number.isFinite(by) || by < 0) throw new RangeError(`a counter counts up: ${by} is not a number from 0`);
      const counts = byType.get(type) ?? new Map<string, number>();
      byType.set(type, counts);
      counts.set(name, (counts.get(name) ?? 0) + by);
      if (counts.size >= NAMES_MAX) flush();
    },
    flush,
  };
}
