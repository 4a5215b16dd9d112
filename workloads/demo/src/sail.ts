import type { Runtime, RuntimeEvent } from "cofferdam";
import { CALLED_BACK, FLEET, SHIPS_LANE, type Ship } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

const WAIT_MS_MAX = 60_000;

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
  /** @throws Error when the job has not ended after a minute. */
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
  const unlisten = runtime.onEvent((event) => {
    if (event.kind === "job.settled") endOf(event.jobId).resolve();
  });
  const timers: NodeJS.Timeout[] = [];
  return {
    of(jobId) {
      const end = endOf(jobId);
      // The runtime keeps the process alive; this timer must not, once the runtime has been stopped.
      timers.push(setTimeout(() => end.reject(new Error(`job ${jobId} has not ended within ${WAIT_MS_MAX / 1000} s`)), WAIT_MS_MAX).unref());
      return end.promise;
    },
    stop() {
      unlisten();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
