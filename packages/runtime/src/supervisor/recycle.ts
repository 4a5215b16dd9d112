/** A worker between two packs of attempts. */
export interface IdleWorker {
  readonly attemptsDone: number;
  /** Memory of its tree without what is kept on purpose: now, and when it was idle for the first time. */
  readonly ownBytes: number;
  readonly idleBytes: number;
  readonly hasSnapshot: boolean;
  readonly logBytes: number;
}

const LOG_BYTES_MAX = 64 * 1024 * 1024;

/** Why it is replaced; null: it takes the next ones. Pure. */
export function recycleReason(worker: IdleWorker, { attemptsMax, growthBytesMax }: { readonly attemptsMax: number; readonly growthBytesMax: number }): string | null {
  const { attemptsDone, ownBytes, idleBytes } = worker;
  if (attemptsDone >= attemptsMax) return `it has run ${attemptsDone} attempts`;
  if (ownBytes - idleBytes > growthBytesMax) return `its memory grew from ${idleBytes} to ${ownBytes} bytes`;
  if (worker.hasSnapshot) return "its heap was nearly full, and V8 writes one snapshot for each process";
  return worker.logBytes > LOG_BYTES_MAX ? "its log is full" : null;
}
