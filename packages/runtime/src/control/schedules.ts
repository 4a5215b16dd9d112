import { CofferdamError, suggestName, type ScheduleRecord } from "../model/index.ts";
import type { EnqueueRequest } from "./ports.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control, ScheduleRequest, ScheduleView } from "./ports.ts";

type ScheduleActions = Pick<Control, "schedules" | "putSchedule" | "removeSchedule" | "runSchedule" | "pauseSchedule">;

const KEY_PATTERN = /^[\w.-]{1,100}$/;

export function createScheduleActions(deps: ControlDeps): ScheduleActions {
  const { store, clock } = deps;

  const view = (record: ScheduleRecord): ScheduleView => ({ ...record, nextSlotMs: deps.schedules.nextSlotMs(record, clock.nowMs()) });

  async function find(key: string): Promise<ScheduleRecord> {
    const all = await store.schedules();
    const record = all.find((schedule) => schedule.key === key);
    if (record !== undefined) return record;
    throw new CofferdamError(
      "schedule_not_found",
      `there is no schedule ${JSON.stringify(key)}${suggestName(
        key,
        all.map((schedule) => schedule.key),
      )}`,
      { hint: "cofferdam schedules lists them." },
    );
  }

  /** Reads, decides and writes with nobody firing in between. */
  async function change<Value>(work: () => Promise<Value>): Promise<Value> {
    const value = await deps.schedules.exclusively(work);
    deps.schedules.changed();
    return value;
  }

  return {
    async schedules() {
      return (await store.schedules()).map(view);
    },
    async putSchedule(request) {
      await checkSchedule(deps, request);
      return change(async () => {
        const before = (await store.schedules()).find(({ key }) => key === request.key);
        if (before !== undefined) refuseDefined(before);
        const record = completeSchedule(request, before, clock.nowMs());
        return { outcome: await store.putSchedule(record), schedule: view(record) };
      });
    },
    removeSchedule: (key) =>
      change(async () => {
        refuseDefined(await find(key));
        await store.removeSchedule(key);
      }),
    async runSchedule(key) {
      return deps.enqueuer.one(requestOf(await find(key)));
    },
    pauseSchedule: (key, paused) =>
      change(async () => {
        const before = await find(key);
        const record = { ...before, paused, updatedAtMs: clock.nowMs() };
        if (before.paused !== paused) await store.putSchedule(record);
        return view(record);
      }),
  };
}

function requestOf({ type, input, lane }: Pick<ScheduleRecord, "type" | "input" | "lane">): EnqueueRequest {
  return lane === null ? { type, input } : { type, input, lane };
}

async function checkSchedule(deps: ControlDeps, request: ScheduleRequest): Promise<void> {
  if (!KEY_PATTERN.test(request.key)) {
    throw new CofferdamError("invalid_request", `${JSON.stringify(request.key)} is not a schedule key`, {
      hint: "Use letters, digits, dots, dashes and underscores; at most 100.",
      errors: [{ pointer: "/key", detail: "letters, digits, dots, dashes and underscores; at most 100" }],
    });
  }
  deps.schedules.check(request.cron, request.timeZone ?? "UTC");
  // A schedule whose jobs would all be refused is refused now, not at three in the morning.
  await deps.intake.check(requestOf({ type: request.type, input: request.input ?? "null", lane: request.lane ?? null }));
}

/** Job modules own what they define: a change here would be undone by the next start. */
function refuseDefined({ key, origin }: ScheduleRecord): void {
  if (origin !== "definition") return;
  throw new CofferdamError("schedule_defined", `schedule ${key} is defined by a job module`, { hint: "Change it there; here it can be paused, resumed and run." });
}

function completeSchedule(request: ScheduleRequest, before: ScheduleRecord | undefined, nowMs: number): ScheduleRecord {
  return {
    key: request.key,
    type: request.type,
    cron: request.cron,
    timeZone: request.timeZone ?? "UTC",
    input: request.input ?? "null",
    lane: request.lane ?? null,
    overlap: request.overlap ?? "skip",
    catchUp: request.catchUp ?? "latest",
    origin: "api",
    paused: before?.paused ?? false,
    lastSlotMs: before?.lastSlotMs ?? null,
    lastJobId: before?.lastJobId ?? null,
    missed: before?.missed ?? 0,
    updatedAtMs: nowMs,
  };
}
