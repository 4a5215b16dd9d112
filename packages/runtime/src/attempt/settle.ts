import { CofferdamError, type SettleOutcome, type Settlement } from "../model/index.ts";
import { pause, type Clock, type Logger } from "../platform/index.ts";
import type { QueuePort } from "../store/ports.ts";

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5000;

/**
 * Settles, and tries again for as long as the store cannot be written: a full disk must not turn a finished job into a lost one.
 * `onUnwritten` is told when the first try fails. `closing` ends the trying after one last time; what no later try can heal ends it at once. Then it rejects: the lease stays open, and the next start finds it.
 */
export async function settleUntilStored(
  queue: Pick<QueuePort, "settle">,
  settlement: Settlement,
  deps: { readonly clock: Clock; readonly logger: Logger; readonly closing: AbortSignal; onUnwritten(settlement: Settlement, error: unknown): void },
): Promise<SettleOutcome> {
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      const [outcome] = await queue.settle([settlement]);
      return outcome ?? "stale";
    } catch (error) {
      if (pauseMs === PAUSE_MS_MIN) deps.onUnwritten(settlement, error);
      if (deps.closing.aborted || !mayHeal(error)) throw error;
      deps.logger.error({ err: error, job: settlement.lease.jobId }, "an attempt's end could not be stored; trying again");
      await pause(deps.clock, pauseMs, deps.closing);
    }
  }
}

/** Room can be made and a disk can come back; a broken rule or a damaged file stays what it is. */
function mayHeal(error: unknown): boolean {
  return error instanceof CofferdamError && (error.code === "store_full" || error.code === "store_failed");
}
