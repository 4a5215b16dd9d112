import { NO_PRESSURE, type MemoryReading, type Pressure } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { judgePressure } from "./pressure.ts";

export interface PressureWatch {
  now(): Pressure;
  reading(): MemoryReading;
  /** Calls back at each change of the level, and at once when the memory is pressed already: whoever comes late has missed nothing. */
  listen(listener: (pressure: Pressure) => void): void;
  stop(): void;
}

/** PSI is an average of ten seconds: more often tells nothing new. */
const LOOK_MS = 1000;

/** Looks at the memory once a second, and tells when its level has changed. */
export function createPressureWatch(deps: { readonly clock: Clock; readonly limitBytes: number; read(): MemoryReading }): PressureWatch {
  let pressure: Pressure = NO_PRESSURE;
  let reading = deps.read();
  const listeners: ((pressure: Pressure) => void)[] = [];

  function look(): void {
    reading = deps.read();
    const before = pressure;
    pressure = judgePressure(before.level, reading, deps.limitBytes);
    if (pressure.level !== before.level) for (const tell of listeners) tell(pressure);
  }

  look();
  const stop = deps.clock.every(LOOK_MS, look, { keepAlive: false });
  return {
    now: () => pressure,
    reading: () => reading,
    listen(listener) {
      listeners.push(listener);
      if (pressure.level !== NO_PRESSURE.level) listener(pressure);
    },
    stop,
  };
}
