import { createDomainQueue, type DomainQueue } from "../queue/domain-queue.ts";
import type { DomainRecord } from "../record.ts";
import type { Slot } from "./board.ts";
import { familyOf } from "./bot-memory.ts";
import type { CategoryPlan } from "./plan.ts";
import { runDomain, type Desk } from "./run-domain.ts";

export interface CategoryRun {
  readonly queue: DomainQueue;
  /** Resolves when nothing of the category is left or the run is stopped. Rejects only for what is no domain's fault. */
  run(): Promise<void>;
}

export interface CategoryOptions {
  readonly plan: CategoryPlan;
  readonly slots: readonly Slot[];
  readonly smart: boolean;
  readonly onRecord: (record: DomainRecord, plan: CategoryPlan) => void;
}

/** So many slots, each of which takes one domain after the other. */
export function createCategoryRun(desk: Desk, { plan, slots, smart, onRecord }: CategoryOptions): CategoryRun {
  const queue = createDomainQueue({ domains: plan.todo, known: desk.cache.get, registry: desk.registry, workers: slots.length, smart, familyOf });

  async function work(slot: Slot): Promise<void> {
    for (let taken = desk.stopping.aborted ? null : queue.take(); taken !== null; taken = desk.stopping.aborted ? null : queue.take()) {
      Object.assign(slot, { domain: taken.domain, lane: taken.lane, live: null, sinceMs: desk.now().getTime() });
      try {
        const record = await runDomain(desk, slot, taken);
        if (record !== null) onRecord(record, plan);
      } finally {
        queue.release(taken);
        Object.assign(slot, { status: "idle", domain: null, lane: null, live: null, sinceMs: desk.now().getTime() });
        desk.board.changed();
      }
    }
  }

  return {
    queue,
    async run() {
      await Promise.all(slots.map(work));
    },
  };
}
