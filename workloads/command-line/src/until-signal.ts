import { once } from "node:events";

/** Resolves at the first SIGINT or SIGTERM. A second one is the program's own again: it ends at once unless somebody listens. */
export async function untilSignal(): Promise<void> {
  const stop = new AbortController();
  await Promise.race([once(process, "SIGINT", { signal: stop.signal }), once(process, "SIGTERM", { signal: stop.signal })]).finally(() => stop.abort());
}
