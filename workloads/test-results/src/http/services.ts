import type { Conductor } from "../conduct/conductor.ts";
import type { LiveImport } from "../conduct/live-imports.ts";
import type { Database } from "../database/database.ts";
import type { WorkMetrics } from "../metrics.ts";
import type { Settings } from "../settings.ts";

/** What the HTTP interface speaks to. */
export interface Services {
  readonly database: Database;
  readonly conductor: Conductor;
  readonly settings: Settings;
  readonly metrics: WorkMetrics;
  imports(): readonly LiveImport[];
  queueDepth(): Promise<number>;
  nowMs(): number;
  /** Heartbeat of open streams; 30 s. */
  readonly heartbeatMs: number;
}
