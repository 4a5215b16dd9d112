import type { DatabaseSync } from "node:sqlite";
import { assert, JOB_STATES, type JobState } from "../../model/index.ts";
import { integer, text } from "../codec.ts";

/** One (lane, type) with how many jobs it has in each state. */
export interface Queue {
  readonly id: number;
  readonly lane: string;
  readonly type: string;
  readonly counts: Record<JobState, number>;
}

/** The small numbers of the queues, and their exact counts: changed in memory by each operation, written once per commit. */
export interface Queues {
  of(lane: string, type: string): Queue;
  get(id: number): Queue;
  all(): Iterable<Queue>;
  inLane(lane: string): readonly Queue[];
  /** A job came into being, moved, or is gone. */
  count(queue: Queue, from: JobState | null, to: JobState | null): void;
  flush(): void;
  reload(): void;
}

export function createQueues(database: DatabaseSync): Queues {
  const select = database.prepare("SELECT * FROM queues");
  const insert = database.prepare("INSERT INTO queues (lane, type) VALUES (?, ?)");
  const update = database.prepare(`UPDATE queues SET ${JOB_STATES.map((state) => `${state} = ?`).join(", ")} WHERE id = ?`);
  const byId = new Map<number, Queue>();
  const byLane = new Map<string, Map<string, Queue>>();
  const dirty = new Set<Queue>();

  const add = (queue: Queue): Queue => {
    byId.set(queue.id, queue);
    const types = byLane.get(queue.lane);
    if (types === undefined) byLane.set(queue.lane, new Map([[queue.type, queue]]));
    else types.set(queue.type, queue);
    return queue;
  };
  const create = (lane: string, type: string): Queue => add({ id: Number(insert.run(lane, type).lastInsertRowid), lane, type, counts: noCounts() });
  const reload = (): void => {
    byId.clear();
    byLane.clear();
    dirty.clear();
    for (const row of select.all()) {
      const counts = noCounts();
      for (const state of JOB_STATES) counts[state] = integer(row[state]);
      add({ id: integer(row["id"]), lane: text(row["lane"]), type: text(row["type"]), counts });
    }
  };
  reload();

  return {
    of: (lane, type) => byLane.get(lane)?.get(type) ?? create(lane, type),
    get(id) {
      const queue = byId.get(id);
      assert(queue !== undefined, "every job belongs to a known queue");
      return queue;
    },
    all: () => byId.values(),
    inLane: (lane) => [...(byLane.get(lane)?.values() ?? [])],
    count(queue, from, to) {
      if (from !== null) queue.counts[from] -= 1;
      if (to !== null) queue.counts[to] += 1;
      dirty.add(queue);
    },
    flush() {
      for (const queue of dirty) update.run(...JOB_STATES.map((state) => queue.counts[state]), queue.id);
      dirty.clear();
    },
    reload,
  };
}

function noCounts(): Record<JobState, number> {
  return { scheduled: 0, ready: 0, running: 0, retrying: 0, succeeded: 0, failed: 0, cancelled: 0, quarantined: 0 };
}
