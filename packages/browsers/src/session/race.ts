/**
 * The work, or the first thing that makes waiting for it senseless. When the work loses, its late end is nobody's business:
 * a call into a frozen browser settles when the browser is killed, if at all.
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  const lost = Promise.withResolvers<never>();
  const lose = (): void => lost.reject(signal.reason);
  signal.addEventListener("abort", lose, { once: true });
  try {
    return await Promise.race([work, lost.promise]);
  } finally {
    signal.removeEventListener("abort", lose);
  }
}
