import type { HealthReport } from "../control/ports.ts";
import { rfc3339 } from "./time.ts";

export type HealthView = ReturnType<typeof renderHealth>;

/** application/health+json (draft-inadarei-api-health-check-06). */
export function renderHealth(health: HealthReport, nowMs: number) {
  const time = rfc3339(nowMs);
  return {
    status: health.status,
    version: health.version.split(".")[0] ?? health.version,
    releaseId: health.version,
    description: `Cofferdam is ${health.phase}`,
    notes: health.notes,
    phase: health.phase,
    started_at: rfc3339(health.startedAtMs),
    enforcement: { ...health.enforcement, notes: health.enforcementNotes },
    checks: {
      "store:writable": [{ componentType: "datastore", observedValue: health.store.writable, status: health.store.writable ? "pass" : "fail", output: health.store.detail, time }],
      "store:commitTime": [{ componentType: "datastore", observedValue: health.store.lastCommitMs, observedUnit: "ms", status: "pass", time }],
      "store:size": [{ componentType: "datastore", observedValue: health.store.sizeBytes, observedUnit: "bytes", status: "pass", time }],
      "loop:delay": [{ componentType: "system", observedValue: health.loopDelayMsMax, observedUnit: "ms", status: health.loopDelayMsMax > 1000 ? "warn" : "pass", time }],
      "jobs:running": [{ componentType: "component", observedValue: health.running, status: "pass", time }],
      "jobs:quarantined": [{ componentType: "component", observedValue: health.quarantined, status: "pass", time }],
      "workers:alive": [{ componentType: "component", observedValue: health.workers, status: "pass", time }],
      "modules:broken": [{ componentType: "component", observedValue: health.brokenModules, status: health.brokenModules > 0 ? "warn" : "pass", time }],
    },
  };
}
