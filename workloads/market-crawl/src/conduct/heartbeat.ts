import type { Database } from "../database/database.ts";
import { activeRun, interruptOrphans, type Ended, type RunRow } from "../runs/run-store.ts";
import type { LineRing } from "./line-ring.ts";

const BEAT_MS = 1500;
/** A beat that cannot be written now is not waited for: the next one follows. */
const BUSY_MS = 500;

export interface HeartbeatOptions {
  readonly database: Database;
  readonly owner: string;
  readonly onOrphan: (ended: Ended) => void;
  /** What the worker of this process has said so far. */
  readonly output: () => LineRing | null;
  readonly cancel: (run: RunRow) => Promise<void>;
}

/** Says that the owner of a run is there, sees what others want of it, and finds runs whose owner is gone. */
export interface Heartbeat {
  start(): void;
  stop(): void;
  active(): RunRow | null;
  /** What has just become of the active run, so that nobody has to wait for the next look. */
  saw(run: RunRow | null): void;
}

export function createHeartbeat({ database, owner, onOrphan, output, cancel }: HeartbeatOptions): Heartbeat {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let active: RunRow | null = null;

  async function beat(): Promise<void> {
    active = (await activeRun(database.read)) ?? null;
    if (active === null) return;
    if (active.owner === owner) return await beatFor(active);
    for (const ended of await interruptOrphans(database, owner)) onOrphan(ended);
  }

  async function beatFor(run: RunRow): Promise<void> {
    const ring = output();
    await database.write(
      async (transaction) => {
        await transaction.updateTable("runs").set({ heartbeat_at: new Date().toISOString() }).where("id", "=", run.id).where("owner", "=", owner).execute();
        if (ring === null) return;
        const row = { run_id: run.id, first_line: ring.dropped, lines: ring.text() };
        await transaction
          .insertInto("run_output")
          .values(row)
          .onConflict((conflict) => conflict.column("run_id").doUpdateSet(row))
          .execute();
      },
      { busyMs: BUSY_MS },
    );
    if (run.cancel_requested === 1) await cancel(run);
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(
      () =>
        void beat()
          .catch(() => undefined)
          .finally(schedule),
      BEAT_MS,
    );
    timer.unref();
  }

  return {
    start: schedule,
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
    active: () => active,
    saw: (run) => void (active = run),
  };
}
