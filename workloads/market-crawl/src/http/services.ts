import type { Conductor } from "../conduct/conductor.ts";
import type { Database } from "../database/database.ts";
import type { Metrics } from "../metrics.ts";
import type { Settings } from "../settings.ts";

/** What the routes work with. */
export interface Services {
  readonly conductor: Conductor;
  readonly database: Database;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly startedAtMs: number;
  /** Longest delay of this process' loop since it was asked last, ms. */
  readonly loopDelayMs: () => number;
  readonly now: () => Date;
}
