import { changeBreaker, type BreakerRecord } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { BreakerChange, BreakerDoor } from "./ports.ts";

/** Breakers of this process alone, for compartments without a store; forgotten with it. */
export function createLooseBreakers(clock: Clock): BreakerDoor {
  const records = new Map<string, BreakerRecord>();
  const listeners = new Set<(change: BreakerChange) => void>();
  return {
    async ask(key, holder, ask) {
      const before = records.get(key) ?? null;
      const { record, answer } = changeBreaker(before, ask, { key, holder, nowMs: clock.nowMs() });
      if (record === null) records.delete(key);
      else records.set(key, record);
      if (record !== before) for (const listener of listeners) listener({ key, before, record });
      return answer;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    find: (key) => records.get(key) ?? null,
  };
}
