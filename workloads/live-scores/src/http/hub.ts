import type { EmittedEvent } from "../conduct/receive-report.ts";

/** Hands what was emitted to everybody who listens. */
export interface Hub {
  publish(events: readonly EmittedEvent[]): void;
  subscribe(listener: (event: EmittedEvent) => void): () => void;
}

export function createHub(): Hub {
  const listeners = new Set<(event: EmittedEvent) => void>();
  return {
    publish(events) {
      for (const event of events) for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
