import type { Runtime } from "cofferdam";
import type { Database } from "../database/open.ts";
import { LANES, TYPES, type TypeName } from "../work-types.ts";
import type { Gauges } from "./metrics.ts";

export interface LaneGauge {
  readonly lane: string;
  readonly type: TypeName;
  readonly depth: number;
  readonly oldestSeconds: number;
  readonly active: number;
  readonly paused: boolean;
}

/** The lanes of this workload, as the runtime sees them; waiting for a retry counts as waiting. */
export async function readLanes(control: Runtime["control"], nowMs: number): Promise<readonly LaneGauge[]> {
  const [views, counts] = await Promise.all([control.lanes(), control.counts()]);
  return Object.values(TYPES).map((type) => {
    const lane = LANES[type];
    const view = views.find(({ name }) => name === lane);
    const waiting = counts.filter((each) => each.lane === lane && ["ready", "scheduled", "retrying"].includes(each.state)).reduce((sum, { count }) => sum + count, 0);
    return {
      lane,
      type,
      depth: waiting,
      oldestSeconds: view?.oldestReadyMs == null ? 0 : Math.max(0, Math.round((nowMs - view.oldestReadyMs) / 1000)),
      active: view?.running ?? 0,
      paused: view?.dispatchPaused != null,
    };
  });
}

export async function countQuarantined(read: Database["read"]): Promise<number> {
  const row = await read
    .selectFrom("snapshot_quarantine")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("released_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function countDeadLetters(read: Database["read"]): Promise<number> {
  const row = await read
    .selectFrom("dead_letters")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function readGauges(database: Database, control: Runtime["control"], nowMs: number): Promise<Gauges> {
  const [lanes, quarantined, deadLetters] = await Promise.all([readLanes(control, nowMs), countQuarantined(database.read), countDeadLetters(database.read)]);
  return { lanes, quarantined, deadLetters, workerMemoryBytes: control.workers().reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) };
}
