/** How much memory there is in all, and who says so. */
export interface MemoryLimit {
  readonly bytes: number;
  /** machine: no container limits it. configured: the setting memory.limit. */
  readonly source: "cgroup v2" | "cgroup v1" | "machine" | "configured";
}

/** How the memory is at one moment. */
export interface MemoryReading {
  /** What can be had without hurting anybody: the machine's MemAvailable, or what the container's limit leaves if that is less. */
  readonly availableBytes: number;
  /** Share of the last ten seconds in which something waited for memory (PSI `some avg10`), 0 to 100; null where the kernel does not tell. */
  readonly stallPercent: number | null;
}

/** none: as usual. some: shrink what you hold. high: nothing more is started, and jobs should get by with as little as they can. */
export const PRESSURE_LEVELS = ["none", "some", "high"] as const;
export type PressureLevel = (typeof PRESSURE_LEVELS)[number];

export interface Pressure {
  readonly level: PressureLevel;
  /** With the numbers, as a sentence; "" for none. */
  readonly reason: string;
}

export const NO_PRESSURE: Pressure = { level: "none", reason: "" };
