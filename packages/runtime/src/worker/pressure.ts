import type { PressureLevel } from "../model/index.ts";

type Listener = (level: PressureLevel) => void;

/** How the machine's memory is, as the host last said; who of the running attempt wants to hear of changes. */
export interface PressureEar {
  level(): PressureLevel;
  heard(level: PressureLevel): void;
  /** Returns how to stop listening. */
  listen(listener: Listener): () => void;
  /** The attempt has ended: its listeners are not the next one's. */
  forget(): void;
}

export function createPressureEar(): PressureEar {
  let current: PressureLevel = "none";
  const listeners = new Set<Listener>();
  return {
    level: () => current,
    heard(level) {
      if (level === current) return;
      current = level;
      for (const listener of listeners) listener(level);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forget() {
      if (listeners.size > 0) listeners.clear();
    },
  };
}
