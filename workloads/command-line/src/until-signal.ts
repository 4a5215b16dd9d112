import { once } from "node:events";
import type { Runtime } from "cofferdam";
import { CommandError, EXIT } from "./exit-codes.ts";
import { interruptibly } from "./one-shot.ts";

/**
 * Resolves at the first SIGINT or SIGTERM. A second one is the program's own again: it ends at once unless somebody listens.
 * @param announce says that the program is ready; called when a signal would be heard, since whoever reads it may send one at once
 * @example await untilSignal(() => print.data({ url }, () => `listening on ${url}`));
 */
export async function untilSignal(announce: () => void = () => undefined): Promise<void> {
  const stop = new AbortController();
  const heard = Promise.race([once(process, "SIGINT", { signal: stop.signal }), once(process, "SIGTERM", { signal: stop.signal })]).finally(() => stop.abort());
  announce();
  await heard;
}

interface Service {
  readonly runtime: Pick<Runtime, "failed" | "stop">;
  stop(): Promise<void>;
}

/**
 * Lets a service work until the first SIGINT or SIGTERM, or until its runtime cannot work any more, and stops it in order; a second signal does not wait for what is slow to end.
 * @param announce as for {@link untilSignal}
 * @param stop instead of the service's own, where more has to be closed with it
 * @throws CommandError with the reason when it was the runtime that ended it: whatever supervises the program starts it anew
 */
export async function serveUntilSignal(service: Service, announce: () => void, stop: () => Promise<void> = () => service.stop()): Promise<void> {
  const why = await Promise.race([untilSignal(announce).then(() => null), service.runtime.failed]);
  await interruptibly(() => void service.runtime.stop(), stop);
  if (why !== null) throw new CommandError(EXIT.failed, why, "Start it again.");
}
