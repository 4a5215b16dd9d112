import { openSession } from "./inspector.ts";
import { bounded, valueWithin } from "./ladder.ts";
import type { Clock } from "../platform/index.ts";

/** cpu: where the main thread spends its time. heap: who allocates what is kept. */
export type ProfileKind = "cpu" | "heap";

const COMMANDS: Readonly<Record<ProfileKind, { readonly before: string; readonly start: string; readonly params: object; readonly stop: string }>> = {
  cpu: { before: "Profiler.enable", start: "Profiler.start", params: {}, stop: "Profiler.stop" },
  heap: { before: "HeapProfiler.enable", start: "HeapProfiler.startSampling", params: { samplingInterval: 65_536 }, stop: "HeapProfiler.stopSampling" },
};

/** A command that takes longer than this is given up: the main thread is inside a native call. */
const ANSWER_MS_MAX = 10_000;

/**
 * Samples a Node process through its inspector for a while. Resolves with the profile as JSON text (`.cpuprofile` or `.heapprofile`), as Chrome's tools and `cofferdam profile` read it;
 * null when the process ended meanwhile or did not answer.
 */
export async function takeProfile(url: string, kind: ProfileKind, durationMs: number, ended: Promise<unknown>, clock: Clock): Promise<string | null> {
  const session = openSession(url);
  const ask = (method: string, params: object = {}): Promise<object | null> => valueWithin(session.ask(method, params), ANSWER_MS_MAX, clock);
  try {
    if ((await valueWithin(session.opened, ANSWER_MS_MAX, clock)) === null) return null;
    const { before, start, params, stop } = COMMANDS[kind];
    if ((await ask(before)) === null || (await ask(start, params)) === null) return null;
    // Whatever comes first: the time, its end, or the end of the connection.
    await bounded(Promise.race([ended, session.closed]), durationMs, clock);
    const result = await ask(stop);
    return result !== null && "profile" in result ? JSON.stringify(result.profile) : null;
  } finally {
    session.close();
  }
}
