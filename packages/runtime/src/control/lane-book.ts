import { assert, type LaneRecord } from "../model/index.ts";
import type { JournalPort } from "../store/ports.ts";

/** The lanes as they are now: read without waiting, changed only after the change is on disk. */
export interface LaneBook {
  all(): ReadonlyMap<string, LaneRecord>;
  /** One change at a time: each begins with what the one before has left. */
  change(name: string, changes: Partial<Pick<LaneRecord, "concurrency" | "dispatchPaused" | "intakePaused">>): Promise<void>;
}

/**
 * Brings configuration and what people changed at run time together: which lanes exist and their concurrency come from the configuration
 * (a change through the API holds until the next start), pauses survive a restart.
 * A lane that is no longer configured stays while it is stored, so that its jobs can be seen and run.
 */
export async function openLaneBook(
  journal: Pick<JournalPort, "lanes" | "putLane">,
  configured: ReadonlyMap<string, Pick<LaneRecord, "concurrency" | "memoryBytes">>,
): Promise<LaneBook> {
  const lanes = new Map<string, LaneRecord>();
  for (const stored of await journal.lanes()) lanes.set(stored.name, { ...stored, memoryBytes: stored.memoryBytes ?? null });
  for (const [name, { concurrency, memoryBytes }] of configured) {
    const { dispatchPaused, intakePaused } = lanes.get(name) ?? { dispatchPaused: null, intakePaused: null };
    lanes.set(name, { name, concurrency, memoryBytes, dispatchPaused, intakePaused });
  }
  let last: Promise<void> = Promise.resolve();
  return {
    all: () => lanes,
    change(name, changes) {
      const change = async (): Promise<void> => {
        const lane = lanes.get(name);
        assert(lane !== undefined, "a lane is never removed");
        const changed = { ...lane, ...changes };
        await journal.putLane(changed);
        lanes.set(name, changed);
      };
      // What became of the one before was told to whoever asked for it.
      last = last.then(change, change);
      return last;
    },
  };
}
