import type { LedgerView } from "../control/ports.ts";
import type { Activity, WorkerView } from "../supervisor/ports.ts";
import { renderWorker } from "./host-view.ts";
import { rfc3339 } from "./time.ts";

/** What the runtime does at one moment. */
export interface Moment {
  readonly atMs: number;
  readonly workers: readonly (WorkerView & Activity)[];
  readonly ledger: LedgerView;
}

/** One frame of `cofferdam top`; the largest tree comes first. */
export function renderActivity({ atMs, workers, ledger }: Moment) {
  const sorted = workers.toSorted((a, b) => b.memoryBytes - a.memoryBytes || a.pid - b.pid);
  return {
    kind: "activity" as const,
    at: rfc3339(atMs),
    workers: sorted.map(renderActive),
    memory: {
      capacity_bytes: ledger.capacityBytes,
      reserved_bytes: ledger.reservedBytes,
      // Of this very frame: the sum of what stands in its rows.
      used_bytes: workers.reduce((sum, worker) => sum + worker.memoryBytes, 0),
      available_bytes: ledger.availableBytes,
      pressure: ledger.pressure.level,
    },
  };
}

function renderActive(worker: WorkerView & Activity) {
  const { cpuSeconds, progress } = worker;
  return {
    worker: renderWorker(worker),
    cpu_seconds: cpuSeconds,
    progress: progress === null ? null : { done: progress.done, total: progress.total, note: progress.note, at: rfc3339(progress.atMs) },
  };
}
