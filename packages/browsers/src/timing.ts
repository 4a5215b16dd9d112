/** Resolves after the time, or at once when the signal aborts. */
export function pause(timeMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, timeMs);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** Waits for the work, but no longer than that: says which of the two it was. A late failure of the work is nobody's business any more. */
export async function within(work: Promise<unknown>, timeMs: number): Promise<"done" | "late"> {
  const over = new AbortController();
  const settled = work.then(
    () => "done" as const,
    () => "done" as const,
  );
  try {
    return await Promise.race([settled, pause(timeMs, over.signal).then(() => "late" as const)]);
  } finally {
    over.abort();
  }
}
