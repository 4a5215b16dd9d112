import { CofferdamError, type JobType, type RuntimeEvent, type ScheduleRecord } from "../model/index.ts";
import { createAlarm, type Clock } from "../platform/index.ts";
import type { JournalPort } from "../store/ports.ts";
import { readCron, validateCron, type Slots } from "./cron.ts";
import { planDefinitions } from "./definitions.ts";
import { dueSlots, referenceMs, withoutFalseFuture, type DueSlots } from "./due-slots.ts";
import { fireSlot, type Fired, type FireOptions } from "./fire.ts";

export interface SchedulerOptions extends Pick<FireOptions, "enqueue" | "jobState"> {
  readonly journal: Pick<JournalPort, "schedules" | "putSchedule" | "removeSchedule">;
  readonly clock: Clock;
  /** Types whose modules are loaded now, with the schedules that they define. */
  types(): ReadonlyMap<string, JobType>;
  publish(event: RuntimeEvent): void;
  onError(error: unknown): void;
}

export interface Scheduler {
  /** Stores what the modules define, catches up, and goes on by itself. Never throws. */
  start(): Promise<void>;
  /** Stored schedules or loaded modules have changed. */
  changed(): void;
  /** Runs a change of the stored schedules apart from firing, so that neither overwrites what the other wrote. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
  /** @throws CofferdamError `invalid_option` */
  check(cron: string, timeZone: string): void;
  /** null: paused, or not to be understood, or never again. */
  nextSlotMs(schedule: Pick<ScheduleRecord, "cron" | "timeZone" | "paused">, afterMs: number): number | null;
  /** Fires nothing more; resolves when what is under way is done. Idempotent. */
  close(): Promise<void>;
}

interface Entry {
  readonly record: ScheduleRecord;
  readonly slots: Slots;
  /** The first slot that is not dealt with yet; Infinity when there is none any more. */
  readonly nextMs: number;
  /** After a slot that could not be fired at a bad moment; by the clock that never jumps. */
  readonly notBeforeMonotonicMs: number;
}

const RELOAD_AGAIN_MS = 5000;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { journal, clock, publish } = options;
  const entries = new Map<string, Entry>();
  const complaints = new Set<string>();
  const alarm = createAlarm(clock, () => void exclusively(look));
  let line: Promise<unknown> = Promise.resolve();
  let reloadWanted = true;
  /** Not before the job types are known: a slot of a type that is missing is passed over. */
  let isStarted = false;
  let closed = false;

  /** One after the other: a look, a reload, a change from outside. */
  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = line.then(work);
    line = result.catch(() => undefined);
    return result;
  }

  async function look(): Promise<void> {
    if (closed) return;
    try {
      if (reloadWanted) await reload();
      for (const entry of entries.values()) await lookAt(entry);
      setAlarm();
    } catch (error) {
      options.onError(error);
      alarm.at(clock.nowMs() + RELOAD_AGAIN_MS);
    }
  }

  async function reload(): Promise<void> {
    reloadWanted = false;
    try {
      const plan = planDefinitions(await journal.schedules(), options.types(), clock.nowMs());
      for (const { key, type, owner } of plan.conflicts)
        complain(`${key}/${type}`, `schedule ${key} of job type ${type}: job type ${owner} defines a schedule with this key already`);
      for (const record of plan.put) await journal.putSchedule(record);
      for (const key of plan.remove) await journal.removeSchedule(key);
      const records = await journal.schedules();
      const quiet = new Map([...entries].map(([key, entry]) => [key, entry.notBeforeMonotonicMs]));
      entries.clear();
      for (const record of records) enter(record, quiet.get(record.key) ?? 0);
    } catch (error) {
      reloadWanted = true;
      throw error;
    }
  }

  /** One schedule that cannot be understood does not stop the others. */
  function enter(record: ScheduleRecord, notBeforeMonotonicMs: number): void {
    try {
      entries.set(record.key, entryOf(record, readCron(record.cron, record.timeZone), notBeforeMonotonicMs));
    } catch (error) {
      complain(`${record.key}/${record.cron}/${record.timeZone}`, `schedule ${record.key} is never fired: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  /** Said once, not at every look. */
  function complain(about: string, message: string, cause?: unknown): void {
    if (complaints.has(about)) return;
    complaints.add(about);
    options.onError(new CofferdamError("invalid_option", message, { hint: "Change it in the job module that defines it.", cause }));
  }

  async function lookAt(entry: Entry): Promise<void> {
    const { record, slots } = entry;
    const nowMs = clock.nowMs();
    if (closed || record.paused || clock.monotonicMs() < entry.notBeforeMonotonicMs) return;
    if (entry.nextMs > nowMs) return forgetFalseFuture(entry, nowMs);
    const due = dueSlots(slots, referenceMs(record), nowMs, record.catchUp);
    if (due === null) return;
    const fired =
      due.fireMs === null ? null : await fireSlot(record, due.fireMs, { enqueue: options.enqueue, jobState: options.jobState, hasType: (type) => options.types().has(type) });
    if (fired?.kind === "later") {
      entries.set(record.key, { ...entry, notBeforeMonotonicMs: clock.monotonicMs() + fired.afterMs });
      return options.onError(fired.error);
    }
    const jobId = fired?.kind === "fired" ? fired.jobId : record.lastJobId;
    await keep(entryOf({ ...record, lastSlotMs: due.lastSlotMs, lastJobId: jobId, missed: record.missed + due.missed }, slots, 0));
    say(record, due, fired);
  }

  async function forgetFalseFuture({ record, slots }: Entry, nowMs: number): Promise<void> {
    const corrected = withoutFalseFuture(record, nowMs);
    if (corrected !== record) await keep(entryOf(corrected, slots, 0));
  }

  /** In memory first: a store that fails now must not make the slot fire again; after a restart the slot's name sees to that. */
  async function keep(entry: Entry): Promise<void> {
    entries.set(entry.record.key, entry);
    try {
      await journal.putSchedule(entry.record);
    } catch (error) {
      options.onError(error);
    }
  }

  function say({ key, type }: ScheduleRecord, due: DueSlots, fired: Fired | null): void {
    const atMs = clock.nowMs();
    if (due.missed > 0)
      publish({ kind: "schedule.missed", atMs, key, type, jobId: null, reason: `${due.missed} ${due.missed === 1 ? "slot" : "slots"} passed while the runtime was down or late` });
    if (fired?.kind === "fired") publish({ kind: "schedule.fired", atMs, key, type, jobId: fired.jobId, reason: `slot ${new Date(due.lastSlotMs).toISOString()}` });
    if (fired?.kind !== "skipped") return;
    publish({ kind: "schedule.skipped", atMs, key, type, jobId: null, reason: fired.reason });
    if (fired.error !== null) options.onError(fired.error);
  }

  function setAlarm(): void {
    if (closed) return;
    const nowMs = clock.nowMs();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { record, nextMs, notBeforeMonotonicMs } of entries.values()) {
      if (record.paused) continue;
      const quietMs = Math.ceil(notBeforeMonotonicMs - clock.monotonicMs());
      earliestMs = Math.min(earliestMs, Math.max(nextMs, nowMs + quietMs));
    }
    alarm.at(earliestMs);
  }

  return {
    start() {
      isStarted = true;
      return exclusively(look);
    },
    changed() {
      reloadWanted = true;
      if (isStarted) void exclusively(look);
    },
    exclusively,
    check: (cron, timeZone) => validateCron(cron, timeZone, clock.nowMs()),
    nextSlotMs(schedule, afterMs) {
      if (schedule.paused) return null;
      try {
        return readCron(schedule.cron, schedule.timeZone).next(afterMs);
      } catch {
        return null;
      }
    },
    async close() {
      closed = true;
      alarm.cancel();
      await line;
    },
  };
}

function entryOf(record: ScheduleRecord, slots: Slots, notBeforeMonotonicMs: number): Entry {
  return { record, slots, nextMs: slots.next(referenceMs(record)) ?? Number.POSITIVE_INFINITY, notBeforeMonotonicMs };
}
