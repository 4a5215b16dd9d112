import type { Rest } from "../model/index.ts";
import { elapsedMs } from "./elapsed.ts";

/** Looks at what an attempt leaves in this process: at the first one, then at most ten times a second. */
export interface RestLook {
  /** Resources that keep the loop alive before the attempt; null when it is not looked at. */
  begin(): number | null;
  end(before: number, scratchBytes: number): Rest;
}

const LOOK_MS = 100;

export function createRestLook(): RestLook {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    begin() {
      const nowMs = elapsedMs();
      if (nowMs - lastMs < LOOK_MS) return null;
      lastMs = nowMs;
      return process.getActiveResourcesInfo().length;
    },
    end: (before, scratchBytes) => ({
      heapUsedBytes: process.memoryUsage().heapUsed,
      handles: Math.max(0, process.getActiveResourcesInfo().length - before),
      scratchBytes,
    }),
  };
}
