import type { AttemptItem } from "./attempt-item.ts";
import type { Compartment } from "./compartment.ts";
import type { WorkerView } from "./ports.ts";

type Shown = Omit<WorkerView, "attempt" | "state" | "handedAhead">;

/** A worker as others see it; the first of the queue runs, the others have been handed ahead. */
export function viewWorker(shown: Shown, state: "starting" | "live" | "ending" | "gone", queue: readonly AttemptItem[]): WorkerView {
  const [item] = queue;
  return {
    ...shown,
    state: state === "starting" ? "starting" : state !== "live" ? "retiring" : item === undefined ? "idle" : "busy",
    attempt: item === undefined ? null : viewItem(item),
    handedAhead: Math.max(0, queue.length - 1),
  };
}

function viewItem({ lease, startedAtMs, stages }: AttemptItem): WorkerView["attempt"] {
  const { attemptId, jobId, type, lane } = lease;
  return { attemptId, jobId, type, lane, sinceMs: startedAtMs, stage: stages?.current() ?? null };
}

/** What a tree uses at this moment, whoever looked at it last. */
export interface Measured {
  readonly memoryBytes: number;
  readonly tasks: number;
  /** Of the whole tree since it was started; null: not known, or not asked for. */
  readonly cpuSeconds: number | null;
}

export function measureTree(compartment: Pick<Compartment, "sample">, wish: "with-cpu" | "without-cpu" = "without-cpu"): Measured {
  const { memoryBytes, tasks, cpuSeconds } = compartment.sample(wish);
  return { memoryBytes, tasks, cpuSeconds };
}

/** A view with what was measured now. */
export function withMeasured(view: WorkerView, measured: Measured | null): WorkerView {
  return measured === null ? view : { ...view, memoryBytes: measured.memoryBytes, tasks: measured.tasks };
}
