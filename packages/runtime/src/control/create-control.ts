import type { Activity, WorkerView } from "../supervisor/ports.ts";
import type { Control } from "./ports.ts";
import { createAppActions } from "./apps.ts";
import { createBreakerActions } from "./breakers.ts";
import type { ControlDeps } from "./deps.ts";
import { createHealthActions } from "./health.ts";
import { createIncidentActions } from "./incidents.ts";
import { createJobActions } from "./jobs.ts";
import { createLaneActions } from "./lanes.ts";
import { createServiceActions } from "./services.ts";
import { createScheduleActions } from "./schedules.ts";

/** Puts the facade together; each part is a file of its own. */
export function createControl(deps: ControlDeps): Control {
  return {
    ...createJobActions(deps),
    ...createLaneActions(deps),
    ...createScheduleActions(deps),
    ...createHealthActions(deps),
    ...createAppActions(deps),
    ...createBreakerActions(deps),
    ...createServiceActions(deps),
    ...createIncidentActions(deps),
    types: () => [...deps.catalog.types().values()],
    brokenModules: () => deps.catalog.broken(),
    workers: () => deps.crew.measured(),
    activity() {
      const seen = deps.crew.activity();
      return deps.crew.workers().map((worker) => withActivity(worker, seen.get(worker.id)));
    },
    recycleWorker: (id) => deps.crew.recycle(id, "asked for"),
    budgets: () => deps.learner.budgets([...deps.catalog.types().values()].map(({ type, budget }) => ({ type, budgetBytes: budget.memoryBytes }))),
    startChaos: (request) => deps.chaos.start(request),
    stopChaos: () => deps.chaos.stop(),
    chaosReport: () => deps.chaos.report(),
    leaks: () => deps.learner.leaks(),
    counts: () => deps.store.counts(),
    typeStats: (sinceMs) => deps.store.typeStats(sinceMs),
    backup: (file) => deps.store.backup(file),
    phase: () => deps.host.phase(),
    events: () => deps.events,
  };
}

function withActivity(worker: WorkerView, activity: Activity | undefined): WorkerView & Activity {
  return { cpuSeconds: null, progress: null, ...worker, ...activity };
}
