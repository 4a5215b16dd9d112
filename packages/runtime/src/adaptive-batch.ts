import { CofferdamError } from "./model/errors.ts";
import type { PressureLevel } from "./model/memory.ts";

export interface AdaptiveBatchOptions {
  /** The smallest size, at least 1. */
  readonly min: number;
  /** The largest size. */
  readonly max: number;
  /** Size to begin with; default `min`. */
  readonly start?: number;
}

/** A batch size that follows the pressure of the machine's memory. */
export interface AdaptiveBatch {
  /** How many items the next batch should have. */
  readonly size: number;
  /** One batch is done. Returns the size of the next one. */
  next(pressure: PressureLevel): number;
}

/** Without pressure it grows by a quarter with each batch, so that it takes some ten batches from a tenth to all. */
const GROWTH = 1.25;

/**
 * Grows while nothing presses, is halved with each batch done under some pressure, and falls to the smallest size under high pressure.
 * @throws CofferdamError `invalid_option` unless 1 <= min <= start <= max, all of them whole numbers.
 * @example
 * const batch = adaptiveBatch({ min: 50, max: 5000 });
 * while (rows.length > 0) {
 *   await save(rows.splice(0, batch.size));
 *   batch.next(job.pressure);
 * }
 */
export function adaptiveBatch({ min, max, start = min }: AdaptiveBatchOptions): AdaptiveBatch {
  if (![min, max, start].every(Number.isSafeInteger) || min < 1 || start < min || max < start) {
    throw new CofferdamError("invalid_option", `adaptiveBatch: min ${min}, start ${start} and max ${max} do not fit together`, {
      hint: "Whole numbers with 1 <= min <= start <= max.",
    });
  }
  let size = start;
  return {
    get size() {
      return size;
    },
    next(pressure) {
      size = nextBatchSize(size, pressure, { min, max });
      return size;
    },
  };
}

export function nextBatchSize(size: number, pressure: PressureLevel, { min, max }: { readonly min: number; readonly max: number }): number {
  switch (pressure) {
    case "none":
      return Math.min(max, Math.max(size + 1, Math.floor(size * GROWTH)));
    case "some":
      return Math.max(min, Math.floor(size / 2));
    case "high":
      return min;
  }
}
