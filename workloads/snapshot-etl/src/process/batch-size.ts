export const BATCH_ROWS_MIN = 25;

const SHORT = 0.75;
const AMPLE = 0.5;

/**
 * Rows of the next transaction: halved, down to 25, while memory is short, and doubled again up to the full size when there is room.
 * @param memoryShare used part of what the worker may use, 0 to 1
 */
export function nextBatchRows(current: number, full: number, memoryShare: number): number {
  if (memoryShare >= SHORT) return Math.min(current, Math.max(Math.floor(current / 2), BATCH_ROWS_MIN));
  if (memoryShare < AMPLE) return Math.min(current * 2, full);
  return current;
}
