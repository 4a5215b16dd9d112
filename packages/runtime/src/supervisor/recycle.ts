/** A worker between two packs of attempts. */
export interface IdleWorker {
  readonly attemptsDone: number;
  /** Memory of its tree without what is kept on purpose: now, and when it was idle for the first time. */
  readonly ownBytes: number;
  readonly idleBytes: number;
  readonly hasSnapshot: boolean;
  readonly logBytes: number;
  /** Its log when it became idle. */
  readonly idleLogBytes: number;
}

const LOG_BYTES_MAX = 64 * 1024 * 1024;
/** What a timer that a job left behind may write until its worker is used again. */
const IDLE_LOG_BYTES_MAX = 1024 * 1024;

/** Why it is replaced; null: it takes the next ones. Pure. */
export function recycleReason(worker: IdleWorker, { attemptsMax, growthBytesMax }: { readonly attemptsMax: number; readonly growthBytesMax: number }): string | null {
  const { attemptsDone, ownBytes, idleBytes } = worker;
  if (attemptsDone >= attemptsMax) return `it has run ${attemptsDone} attempts`;
  if (ownBytes - idleBytes > growthBytesMax) return `its memory grew from ${idleBytes} to ${ownBytes} bytes`;
  if (worker.hasSnapshot) return "its heap was nearly full, and V8 writes one snapshot for each process";
  if (worker.logBytes - worker.idleLogBytes > IDLE_LOG_BYTES_MAX) return `it wrote ${worker.logBytes - worker.idleLogBytes} bytes while nothing ran in it`;
  return worker.logBytes > LOG_BYTES_MAX ? "its log is full" : null;
}
