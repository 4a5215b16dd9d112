import { once } from "node:events";
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

interface Stoppable {
  readonly runtime: { stop(): Promise<void> };
  stop(): Promise<void>;
}

/** Stops a service in order, after the first signal: the second one does not wait for what is slow to end. @param stop what else has to be closed with it */
export async function stopService(service: Stoppable, stop: () => Promise<void> = () => service.stop()): Promise<void> {
  await interruptibly(() => void service.runtime.stop(), stop);
}
