import { JOB_STATES } from "../../model/index.ts";
import { integer, integerOrNull } from "../codec.ts";
import { IS_DUE } from "../schema.ts";
import type { QueueCount } from "../ports.ts";
import type { WriteContext } from "./context.ts";
import type { Queue } from "./queues.ts";

/** Numbers that the dispatcher and the metrics ask for often. None of them scans. */
export interface Counts {
  nextDueMs(): number | null;
  counts(): readonly QueueCount[];
}

export function createCounts({ database, queues }: WriteContext): Counts {
  const due = database.prepare(`SELECT run_at FROM jobs INDEXED BY jobs_due WHERE ${IS_DUE} ORDER BY run_at LIMIT 1`);
  const oldestBelow = database.prepare(
    "SELECT priority, run_at FROM jobs INDEXED BY jobs_ready WHERE state = 1 AND queue = ? AND priority < ? ORDER BY priority DESC, run_at LIMIT 1",
  );

  /** Jumps from one priority to the next lower one; there are at most 201. */
  const oldestReadyMs = (queue: Queue): number | null => {
    let oldest: number | null = null;
    let row = oldestBelow.get(queue.id, Number.MAX_SAFE_INTEGER);
    while (row !== undefined) {
      const runAtMs = integer(row["run_at"]);
      oldest = oldest === null ? runAtMs : Math.min(oldest, runAtMs);
      row = oldestBelow.get(queue.id, integer(row["priority"]));
    }
    return oldest;
  };

  const countsOf = (queue: Queue): QueueCount[] =>
    JOB_STATES.filter((state) => queue.counts[state] > 0).map((state) => ({
      lane: queue.lane,
      type: queue.type,
      state,
      count: queue.counts[state],
      oldestReadyMs: state === "ready" ? oldestReadyMs(queue) : null,
    }));

  return {
    nextDueMs: () => integerOrNull(due.get()?.["run_at"]),
    counts: () => [...queues.all()].flatMap(countsOf),
  };
}
