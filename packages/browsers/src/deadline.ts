import { BrowserError } from "./errors.ts";

/** One end of time for everything that an attempt does: name lookup, HTTP, browser and its closing. */
export interface Deadline extends Disposable {
  /** Aborted when the time for work is over, or with the signal that it was made from. For `fetch`, for `openBrowser`, for anything that takes a signal. */
  readonly signal: AbortSignal;
  /** What is left for work: without the reserve. Never below 0. */
  workMs(): number;
  /** What is left until the very end, the reserve included. Never below 0. */
  remainingMs(): number;
}

export interface DeadlineOptions {
  /** From now to the very end, in milliseconds. */
  readonly timeMs: number;
  /** What is kept back for closing. Default 1500: a bounded close and the census. At most half of the time. */
  readonly reserveMs?: number;
  /** The job's own signal. */
  readonly signal?: AbortSignal;
}

/**
 * Begins a deadline. Work is cut at `timeMs - reserveMs` (error code `deadline`), so that what was opened is closed within the time.
 * @throws BrowserError `invalid_option` when the time is not a positive number.
 * @example
 * using deadline = createDeadline({ timeMs: 20_000, signal: job.signal });
 * const answer = await fetch(url, { signal: deadline.signal });
 * await using session = await openBrowser(job, { deadline });
 */
export function createDeadline(options: DeadlineOptions): Deadline {
  const { timeMs } = options;
  if (!(timeMs > 0) || timeMs > 2 ** 31 - 1) throw new BrowserError("invalid_option", `timeMs: ${timeMs} is not a number of milliseconds above 0`);
  const reserveMs = Math.min(options.reserveMs ?? 1500, timeMs / 2);
  if (!(reserveMs >= 0)) throw new BrowserError("invalid_option", `reserveMs: ${options.reserveMs} is not a number of milliseconds`);
  const endMs = performance.now() + timeMs;
  const workEndMs = endMs - reserveMs;
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new BrowserError("deadline", `the deadline of ${timeMs} ms is reached (${Math.round(reserveMs)} ms of it are kept for closing)`)),
    timeMs - reserveMs,
  );
  timer.unref();
  return {
    signal: options.signal === undefined ? controller.signal : AbortSignal.any([options.signal, controller.signal]),
    workMs: () => Math.max(0, workEndMs - performance.now()),
    remainingMs: () => Math.max(0, endMs - performance.now()),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
