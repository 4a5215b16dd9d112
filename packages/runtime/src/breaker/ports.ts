import type { BreakerAnswer, BreakerAsk, BreakerRecord } from "../model/index.ts";

/** What the supervisor needs of the breakers: their workers ask here. */
export interface BreakerDoor {
  /** Resolves when the change, if there is one, is on disk. `holder` is the attempt that asks. */
  ask(key: string, holder: string, ask: BreakerAsk): Promise<BreakerAnswer>;
  /** Calls back for every change, in order. Returns how to stop. */
  onChange(listener: (change: BreakerChange) => void): () => void;
  /** What is remembered of a key now; null when that is nothing. */
  find(key: string): BreakerRecord | null;
}

export interface BreakerChange {
  readonly key: string;
  readonly before: BreakerRecord | null;
  readonly record: BreakerRecord | null;
}
