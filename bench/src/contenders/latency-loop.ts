export interface LatencyParams {
  readonly scratch: string;
  readonly samples: number;
  /** Rest between a job's end and the next one. */
  readonly gapMs: number;
  readonly server: string;
}

/** Asks for a job and resolves with the moment its first line ran, when it has ended; hrtime, the clock that all processes share. */
export type AskAndAwaitStart = () => Promise<bigint>;

/** One job at a time on an idle queue: from before the call that stores it to the first line of its code. */
export async function measureLatency(ask: AskAndAwaitStart, { samples, gapMs }: LatencyParams): Promise<{ readonly firstMs: number; readonly startsMs: readonly number[] }> {
  const startsMs: number[] = [];
  for (let sample = 0; sample <= samples; sample += 1) {
    const askedAt = process.hrtime.bigint();
    const startedAt = await ask();
    startsMs.push(Number(startedAt - askedAt) / 1e6);
    // The queue shall be idle, and so shall the timers of the engine.
    await new Promise((resolve) => setTimeout(resolve, gapMs));
  }
  const [firstMs = Number.NaN, ...rest] = startsMs;
  return { firstMs, startsMs: rest };
}
