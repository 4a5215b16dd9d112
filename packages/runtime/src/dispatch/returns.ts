import type { Lease } from "../model/index.ts";
import type { QueuePort } from "../store/ports.ts";

/** Leases that were claimed and cannot be run go back to the queue, however often the store has to be asked. */
export interface Returns {
  giveBack(leases: readonly Lease[]): Promise<void>;
  /** What the store did not take yet. */
  waiting(): boolean;
  tryAgain(): Promise<void>;
}

export function createReturns(options: { readonly queue: Pick<QueuePort, "release">; onCancelled(leases: readonly Lease[]): void; onError(error: unknown): void }): Returns {
  const owed: Lease[] = [];
  async function giveBack(leases: readonly Lease[]): Promise<void> {
    try {
      const cancelled = new Set(await options.queue.release(leases));
      if (cancelled.size > 0) options.onCancelled(leases.filter(({ jobId }) => cancelled.has(jobId)));
    } catch (error) {
      owed.push(...leases);
      options.onError(error);
    }
  }
  return {
    giveBack,
    waiting: () => owed.length > 0,
    tryAgain: () => giveBack(owed.splice(0)),
  };
}
