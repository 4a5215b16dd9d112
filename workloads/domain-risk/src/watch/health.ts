import type { Runtime } from "cofferdam";
import type { Running } from "../queue/lanes.ts";
import type { Board, RunFigures, Slot } from "../run/board.ts";

export interface WorkerHealth {
  readonly worker: number;
  readonly status: Slot["status"];
  readonly domain: string | null;
  readonly lane: string | null;
  readonly elapsed_seconds: number;
  readonly staleness_seconds: number;
  readonly memory_mb: number;
  readonly pids: number;
  readonly total_updates: number;
  readonly should_restart: boolean;
  readonly restart_requested: boolean;
}

export interface Health {
  readonly overall_status: "healthy" | "degraded";
  readonly run: RunFigures;
  readonly workers: readonly WorkerHealth[];
  readonly browsers: number;
  readonly contexts: number;
  readonly lanes: Running;
}

const BYTES_PER_MB = 1024 * 1024;
/** A domain may take its budget; nothing new for this many budgets is not as it should be. */
const QUIET_BUDGETS = 2;

export interface HealthSources {
  readonly board: Board;
  readonly runtime: Runtime;
  readonly waiting: () => Running;
  readonly domainBudgetMs: number;
}

/** The document that operators know: `.data.run.done`, `.data.workers[0].status`, `.data.browsers`. */
export function readHealth({ board, runtime, waiting, domainBudgetMs }: HealthSources, nowMs: number): Health {
  const run = board.figures();
  const byId = new Map(runtime.control.workers().map((worker) => [worker.id, worker]));
  const workers = board.slots.map((slot): WorkerHealth => {
    const worker = slot.live?.workerId === undefined || slot.live.workerId === null ? undefined : byId.get(slot.live.workerId);
    const elapsedMs = slot.status === "idle" ? 0 : nowMs - (slot.live?.startedAtMs ?? slot.sinceMs);
    const overdue = slot.status === "running" && elapsedMs > QUIET_BUDGETS * domainBudgetMs;
    return {
      worker: slot.worker,
      status: slot.status,
      domain: slot.domain,
      lane: slot.lane,
      elapsed_seconds: tenths(elapsedMs),
      staleness_seconds: tenths(nowMs - Math.max(slot.sinceMs, slot.live?.lastUpdateMs ?? 0)),
      memory_mb: worker === undefined ? 0 : Math.round((worker.memoryBytes / BYTES_PER_MB) * 10) / 10,
      pids: worker?.tasks ?? 0,
      total_updates: slot.updates,
      should_restart: overdue,
      restart_requested: worker?.state === "retiring",
    };
  });
  const isQuiet = run.done < run.total && run.staleness_seconds * 1000 > QUIET_BUDGETS * domainBudgetMs;
  return { overall_status: isQuiet || workers.some(({ should_restart }) => should_restart) ? "degraded" : "healthy", run, workers, ...board.open(), lanes: waiting() };
}

function tenths(ms: number): number {
  return Math.round(Math.max(0, ms) / 100) / 10;
}

export function sumLanes(queues: readonly { waiting(): Running }[]): Running {
  const all = queues.map((queue) => queue.waiting());
  return {
    fast: all.reduce((sum, { fast }) => sum + fast, 0),
    medium: all.reduce((sum, { medium }) => sum + medium, 0),
    slow: all.reduce((sum, { slow }) => sum + slow, 0),
  };
}
