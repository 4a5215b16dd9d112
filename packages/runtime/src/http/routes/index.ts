import { chaosRoutes } from "./chaos.ts";
import type { Route } from "../route.ts";
import { activityRoutes } from "./activity.ts";
import { appRoutes } from "./apps.ts";
import { attemptRoutes } from "./attempts.ts";
import { breakerRoutes } from "./breakers.ts";
import type { RouteDeps } from "./deps.ts";
import { enqueueRoutes } from "./enqueue.ts";
import { eventRoutes } from "./events.ts";
import { hostRoutes } from "./host.ts";
import { incidentRoutes } from "./incidents.ts";
import { jobRoutes } from "./jobs.ts";
import { laneRoutes } from "./lanes.ts";
import { operationRoutes } from "./operations.ts";
import { probeRoutes } from "./probes.ts";
import { profileRoutes } from "./profile.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { serviceRoutes } from "./services.ts";
import { scheduleRoutes } from "./schedules.ts";

/** The whole API. */
export function allRoutes(deps: RouteDeps): readonly Route[] {
  return [
    ...enqueueRoutes(deps),
    ...jobRoutes(deps),
    ...attemptRoutes(deps),
    ...profileRoutes(deps),
    ...quarantineRoutes(deps),
    ...laneRoutes(deps),
    ...scheduleRoutes(deps),
    ...serviceRoutes(deps),
    ...appRoutes(deps),
    ...incidentRoutes(deps),
    ...breakerRoutes(deps),
    ...operationRoutes(deps),
    ...hostRoutes(deps),
    ...activityRoutes(deps),
    ...chaosRoutes(deps),
    ...eventRoutes(deps),
    ...probeRoutes(deps),
  ];
}
