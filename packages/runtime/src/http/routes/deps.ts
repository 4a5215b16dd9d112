import type { Control, Operations } from "../../control/index.ts";
import type { Metrics } from "../../metrics/index.ts";
import type { Clock } from "../../platform/index.ts";
import type { HttpServerOptions } from "../options.ts";
import type { OpenStreams } from "../stream.ts";

/** What the routes need. */
export interface RouteDeps {
  readonly control: Control;
  readonly operations: Operations;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly streams: OpenStreams;
  readonly options: HttpServerOptions;
  /** Details of /healthz are for callers with a role once tokens are configured. */
  readonly closed: boolean;
}

export const API = "/api/v1";
