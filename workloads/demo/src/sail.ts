import type { Runtime, RuntimeEvent } from "cofferdam";
import { CALLED_BACK, FLEET, SHIPS_LANE, type Ship } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

/** So long no ship may end. All of them together may take longer: a busy machine needs its time for each. */
const STANDSTILL_MS_MAX = 60_000;

/** Adds every ship as a job, calls one back, and answers when all have been settled. */
export async function sailFleet(runtime: Runtime): Promise<readonly Voyage[]> {
  const ends = followEnds(runtime);
  const unlisten = runtime.onEvent((event) => callBack(runtime, event));
  try {
    return await Promise.all([...FLEET, CALLED_BACK].map((ship) => sailOne(runtime, ends, ship)));
  } finally {
    unlisten();
    ends.stop();
  }
}

async function sailOne(runtime: Runtime, ends: Ends, ship: Ship): Promise<Voyage> {
  const { id } = await runtime.control.enqueue({ type: ship.type, lane: SHIPS_LANE, tags: ["shipwreck"] });
  await ends.of(id);
  const { verdict, leaks } = await runtime.control.attempt(id, 1);
  return { kind: "ended", ship, verdict, leaks };
}

function callBack({ control }: Runtime, event: RuntimeEvent): void {
  if (event.kind !== "attempt.progress" || event.type !== CALLED_BACK.type) return;
  // It may have been asked before: a second answer would only say that it has ended.
  control.cancel(event.jobId, { mode: "graceful", by: "demo", reason: "the weather turned" }).catch(() => undefined);
}

interface Ends {
  /** @throws Error when nothing has ended for a minute. */
  of(jobId: string): Promise<void>;
  stop(): void;
}

/** A job may end before the answer to its adding is read: ends are remembered, not only awaited. */
function followEnds(runtime: Runtime): Ends {
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const endOf = (jobId: string): PromiseWithResolvers<void> => {
    const known = ends.get(jobId) ?? Promise.withResolvers<void>();
    ends.set(jobId, known);
    return known;
  };
  const standstill = Promise.withResolvers<never>();
  // The runtime keeps the process alive; this timer must not, once the runtime has been stopped.
  const timer = setTimeout(() => standstill.reject(new Error(`no ship has ended for ${STANDSTILL_MS_MAX / 1000} s`)), STANDSTILL_MS_MAX).unref();
  const unlisten = runtime.onEvent((event) => {
    if (event.kind !== "job.settled") return;
    timer.refresh();
    endOf(event.jobId).resolve();
  });
  return {
    of: (jobId) => Promise.race([endOf(jobId).promise, standstill.promise]),
    stop() {
      unlisten();
      clearTimeout(timer);
    },
  };
}
