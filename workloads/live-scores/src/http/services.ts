import type { Clock } from "../clock.ts";
import type { Discovery } from "../conduct/discovery.ts";
import type { Matches } from "../conduct/matches.ts";
import type { Pollers } from "../conduct/pollers.ts";
import type { Database } from "../database/database.ts";
import type { Metrics } from "../metrics.ts";
import type { Hub } from "./hub.ts";

/** What the addresses need. */
export interface Services {
  readonly database: Database;
  readonly pollers: Pollers;
  readonly matches: Matches;
  readonly discovery: Discovery;
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly outboxDepth: () => number;
  readonly clock: Clock;
  readonly startedAtMs: number;
  /** Why the service is about to be started anew, or to end; null while it is not. */
  readonly restartPending: () => string | null;
  /** Memory that is left for more pollers. */
  readonly freeMemoryBytes: () => number;
}
