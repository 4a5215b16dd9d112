/** What goes wrong in an attempt. */
export const FAULTS = ["hang", "busy", "crash", "die", "freeze", "leak", "slow-launch"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Attempt {
  readonly index: number;
  readonly fault: Fault | null;
}

/** Every fifth attempt has a fault, each kind in turn. */
export function planAttempts(count: number): readonly Attempt[] {
  return Array.from({ length: count }, (_one, index) => ({ index, fault: index % 5 === 4 ? (FAULTS[Math.floor(index / 5) % FAULTS.length] ?? null) : null }));
}

export interface Params {
  readonly site: string;
  readonly chromium: string;
  /** Starts Chromium 5 s late. */
  readonly slowChromium: string;
  readonly attempts: readonly Attempt[];
  readonly concurrency: number;
  /** After it an attempt is cut. */
  readonly limitMs: number;
}

export interface Settled {
  readonly fault: Fault | null;
  readonly outcome: "ok" | "failed";
  readonly ms: number;
  /** From the cut to the end of the attempt, its closing included; null when it was not cut. */
  readonly afterCutMs: number | null;
  readonly error: string;
}

export interface ContenderResult {
  readonly settled: readonly Settled[];
  readonly wallMs: number;
}

/** Runs the attempts, so many at once. */
export async function runAll(params: Params, run: (attempt: Attempt) => Promise<Settled>): Promise<readonly Settled[]> {
  const settled: Settled[] = [];
  const waiting = [...params.attempts];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) settled.push(await run(next));
  };
  await Promise.all(Array.from({ length: params.concurrency }, lane));
  return settled;
}

/** One attempt with a signal that cuts it after its time; how it ended, and when. */
export async function timed(attempt: Attempt, limitMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<Settled> {
  const startMs = performance.now();
  const controller = new AbortController();
  let cutMs: number | null = null;
  const timer = setTimeout(() => {
    cutMs = performance.now();
    controller.abort(new Error("its time is over"));
  }, limitMs);
  let error = "";
  try {
    await work(controller.signal);
  } catch (failure) {
    error = failure instanceof Error ? (failure.message.split("\n")[0] ?? "") : String(failure);
  }
  clearTimeout(timer);
  const endMs = performance.now();
  return { fault: attempt.fault, outcome: error === "" ? "ok" : "failed", ms: endMs - startMs, afterCutMs: cutMs === null ? null : endMs - cutMs, error };
}

export async function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  const lost = Promise.withResolvers<never>();
  const lose = (): void => lost.reject(signal.reason);
  if (signal.aborted) lose();
  signal.addEventListener("abort", lose, { once: true });
  try {
    return await Promise.race([work, lost.promise]);
  } finally {
    signal.removeEventListener("abort", lose);
  }
}
