import type { Lease, NewJob } from "../model/index.ts";
import { newId, type Chance, type Clock } from "../platform/index.ts";
import type { QueuePort } from "../store/ports.ts";

export interface ClaimDeps {
  readonly queue: Pick<QueuePort, "enqueue" | "claim" | "reschedule">;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly owner: string;
}

/** The lane of a service holds its job and nothing else; no dispatcher looks into it. */
export function laneOfService(name: string): string {
  return `service.${name}`;
}

/** Takes the lease for the next start of a service. Its job is made when there is none: so its attempts, logs and checkpoints are kept like any other's. */
export async function claimStart({ name }: { readonly name: string }, { queue, clock, chance, owner }: ClaimDeps): Promise<Lease | null> {
  const nowMs = clock.nowMs();
  const lane = laneOfService(name);
  const job: NewJob = {
    id: newId("job", nowMs, chance),
    type: name,
    lane,
    input: "null",
    priority: 0,
    runAtMs: nowMs,
    createdAtMs: nowMs,
    uniqueKey: "service",
    tags: ["service"],
    scheduleSlot: null,
    retryOf: null,
    diversion: null,
    answer: null,
  };
  const [stored] = await queue.enqueue([job]);
  // What an earlier runtime left behind may still wait for its pause.
  if (stored !== undefined && stored.deduplicated && (stored.state === "scheduled" || stored.state === "retrying")) await queue.reschedule(stored.id, { runAtMs: nowMs }, nowMs);
  const [lease] = await queue.claim({ lane, limit: 1, perType: new Map(), nowMs: clock.nowMs(), owner });
  return lease ?? null;
}
