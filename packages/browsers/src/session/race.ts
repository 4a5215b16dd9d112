/**
 * The work, or the first thing that makes waiting for it senseless. When the work loses, its late end is nobody's business:
 * a call into a frozen browser settles when the browser is killed, if at all.
 */
export async function raceAbort<T>(work: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  work.catch(() => undefined);
  for (const signal of signals) signal.throwIfAborted();
  const lost = Promise.withResolvers<never>();
  const losers = signals.map((signal) => ({ signal, lose: () => lost.reject(signal.reason) }));
  for (const { signal, lose } of losers) signal.addEventListener("abort", lose, { once: true });
  try {
    return await Promise.race([work, lost.promise]);
  } finally {
    for (const { signal, lose } of losers) signal.removeEventListener("abort", lose);
  }
}
