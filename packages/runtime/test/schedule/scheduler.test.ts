import assert from "node:assert/strict";
import { test } from "node:test";
import { CofferdamError, type JobState, type JobType, type RuntimeEvent, type ScheduleDefinition, type ScheduleRecord } from "../../src/model/index.ts";
import { createScheduler } from "../../src/schedule/index.ts";
import { createFakeClock, settle } from "../dispatch/fake-clock.ts";
import { jobTypeOf } from "../job-type.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;

function definitionOf(key: string, difference: Partial<ScheduleDefinition> = {}): ScheduleDefinition {
  return { key, cron: "0 * * * *", timeZone: "UTC", input: "null", overlap: "skip", catchUp: "latest", ...difference };
}

function apiSchedule(key: string, difference: Partial<ScheduleRecord> = {}): ScheduleRecord {
  return { ...definitionOf(key), type: "report", lane: null, origin: "api", paused: false, lastSlotMs: null, lastJobId: null, missed: 0, updatedAtMs: START, ...difference };
}

/** A journal and a queue in memory; what a restart would find again. */
function createWorld(types: readonly JobType[] = [jobTypeOf("report")]) {
  const stored = new Map<string, ScheduleRecord>();
  const slots = new Map<string, string>();
  const states = new Map<string, JobState>();
  const clock = createFakeClock(START);
  const events: RuntimeEvent[] = [];
  const errors: unknown[] = [];
  const loaded = new Map(types.map((type) => [type.type, type]));
  const jobs: { type: string; slot: string; lane: string | undefined }[] = [];
  let refusal: Error | null = null;
  let journalFails = false;

  function start() {
    return createScheduler({
      journal: {
        schedules: async () => [...stored.values()],
        async putSchedule(record) {
          if (journalFails) throw new CofferdamError("store_full", "disk full");
          const outcome = stored.has(record.key) ? "updated" : "created";
          stored.set(record.key, record);
          return outcome;
        },
        removeSchedule: async (key) => (stored.delete(key) ? "removed" : "missing"),
      },
      clock,
      types: () => loaded,
      async enqueue(request, { scheduleSlot }) {
        if (refusal !== null) throw refusal;
        const known = slots.get(scheduleSlot);
        if (known !== undefined) return { id: known };
        const id = `j${slots.size + 1}`;
        slots.set(scheduleSlot, id);
        states.set(id, "ready");
        jobs.push({ type: request.type, slot: scheduleSlot, lane: request.lane });
        return { id };
      },
      jobState: async (id) => states.get(id) ?? null,
      publish: (event) => events.push(event),
      onError: (error) => errors.push(error),
    });
  }
  return {
    stored,
    states,
    clock,
    events,
    errors,
    loaded,
    jobs,
    start,
    refuse: (error: Error | null) => (refusal = error),
    breakJournal: (fails: boolean) => (journalFails = fails),
    slotsFired: () => jobs.map((job) => job.slot),
    kinds: () => events.map((event) => event.kind),
  };
}

test("a defined schedule is stored and fires at its slots, never before", async () => {
  const world = createWorld([jobTypeOf("report", { schedules: [definitionOf("report")] })]);
  const scheduler = world.start();
  await scheduler.start();
  assert.equal(world.stored.get("report")?.origin, "definition");
  await world.clock.pass(HOUR - 1);
  assert.deepEqual(world.slotsFired(), []);
  await world.clock.pass(1);
  assert.deepEqual(world.slotsFired(), ["report@2026-01-01T01:00:00.000Z"]);
  world.states.set("j1", "succeeded");
  await world.clock.pass(HOUR);
  assert.equal(world.jobs.length, 2);
  assert.deepEqual(world.kinds(), ["schedule.fired", "schedule.fired"]);
  await scheduler.close();
  assert.equal(world.clock.timers(), 0);
});

test("skip: no new job while the last one has not ended; a quarantined one does not hold it up", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s"));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(3 * HOUR);
  assert.equal(world.jobs.length, 1);
  assert.deepEqual(world.kinds(), ["schedule.fired", "schedule.skipped", "schedule.skipped"]);
  world.states.set("j1", "quarantined");
  await world.clock.pass(HOUR);
  assert.equal(world.jobs.length, 2);
  await scheduler.close();
});

test("queue: a new job at every slot, in the schedule's lane", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s", { overlap: "queue", lane: "night" }));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(3 * HOUR);
  assert.deepEqual(
    world.jobs.map((job) => job.lane),
    ["night", "night", "night"],
  );
  await scheduler.close();
});

test("after a standstill: latest fires once for the last slot, none only counts", async () => {
  const world = createWorld();
  world.stored.set("latest", apiSchedule("latest", { lastSlotMs: START }));
  world.stored.set("none", apiSchedule("none", { lastSlotMs: START, catchUp: "none" }));
  world.clock.jump(5.5 * HOUR);
  const scheduler = world.start();
  await scheduler.start();
  assert.deepEqual(world.slotsFired(), ["latest@2026-01-01T05:00:00.000Z"]);
  assert.deepEqual([world.stored.get("latest")?.missed, world.stored.get("none")?.missed], [4, 5]);
  await world.clock.pass(HOUR / 2);
  assert.ok(world.slotsFired().includes("none@2026-01-01T06:00:00.000Z"));
  await scheduler.close();
});

test("a crash between the job and the note makes no second job", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s", { overlap: "queue" }));
  world.breakJournal(true);
  const first = world.start();
  await first.start();
  await world.clock.pass(HOUR);
  assert.equal(world.jobs.length, 1);
  await world.clock.pass(1000);
  assert.equal(world.jobs.length, 1);
  await first.close();
  world.breakJournal(false);
  const second = world.start();
  await second.start();
  assert.equal(world.jobs.length, 1);
  assert.equal(world.stored.get("s")?.lastSlotMs, START + HOUR);
  await second.close();
});

test("a new, changed or resumed schedule owes nothing from before", async () => {
  const world = createWorld();
  const scheduler = world.start();
  world.clock.jump(10 * HOUR);
  world.stored.set("resumed", apiSchedule("resumed", { lastSlotMs: START, updatedAtMs: world.clock.nowMs() }));
  await scheduler.start();
  assert.deepEqual(world.jobs, []);
  await scheduler.close();
});

test("a paused schedule does not fire and has no next slot", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s", { paused: true }));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(3 * HOUR);
  assert.deepEqual(world.jobs, []);
  assert.equal(scheduler.nextSlotMs(apiSchedule("s", { paused: true }), START), null);
  assert.equal(scheduler.nextSlotMs(apiSchedule("s"), START), START + HOUR);
  await scheduler.close();
});

test("a change is seen at once", async () => {
  const world = createWorld();
  const scheduler = world.start();
  await scheduler.start();
  await scheduler.exclusively(async () => world.stored.set("s", apiSchedule("s", { cron: "*/5 * * * *" })));
  scheduler.changed();
  await settle();
  await world.clock.pass(300_000);
  assert.equal(world.jobs.length, 1);
  await scheduler.close();
});

test("a change before the job types are known passes no missed slot over", async () => {
  const world = createWorld([]);
  world.stored.set("nightly", apiSchedule("nightly", { lastSlotMs: START - 2 * HOUR, updatedAtMs: START - 3 * HOUR }));
  const scheduler = world.start();
  scheduler.changed();
  await settle();
  assert.deepEqual([world.kinds(), world.stored.get("nightly")?.lastSlotMs], [[], START - 2 * HOUR]);
  world.loaded.set("report", jobTypeOf("report"));
  await scheduler.start();
  assert.deepEqual(world.slotsFired(), [`nightly@${new Date(START).toISOString()}`]);
  await scheduler.close();
});

test("a schedule that its module no longer defines goes; one whose module is broken stays, with its history", async () => {
  const world = createWorld([jobTypeOf("report", { schedules: [definitionOf("a")] })]);
  world.stored.set("b", apiSchedule("b", { origin: "definition" }));
  world.stored.set("c", apiSchedule("c", { origin: "definition", type: "broken", missed: 7 }));
  const scheduler = world.start();
  await scheduler.start();
  assert.deepEqual([...world.stored.keys()].sort(), ["a", "c"]);
  await world.clock.pass(HOUR);
  assert.match(JSON.stringify(world.events.find((event) => event.kind === "schedule.skipped")), /no loaded module/);
  world.loaded.set("broken", jobTypeOf("broken", { schedules: [definitionOf("c")] }));
  scheduler.changed();
  await world.clock.pass(HOUR);
  assert.ok(world.jobs.some((job) => job.type === "broken"));
  assert.equal(world.stored.get("c")?.missed, 7);
  await scheduler.close();
});

test("pausing a defined schedule survives a restart; a change in its module does too", async () => {
  const world = createWorld([jobTypeOf("report", { schedules: [definitionOf("a", { cron: "*/5 * * * *" })] })]);
  world.stored.set("a", apiSchedule("a", { origin: "definition", paused: true, lastJobId: "j0" }));
  const scheduler = world.start();
  await scheduler.start();
  assert.deepEqual([world.stored.get("a")?.cron, world.stored.get("a")?.paused, world.stored.get("a")?.lastJobId], ["*/5 * * * *", true, "j0"]);
  await scheduler.close();
});

test("two types that want the same key: the first by name has it, and it is said once", async () => {
  const world = createWorld([jobTypeOf("b", { schedules: [definitionOf("same")] }), jobTypeOf("a", { schedules: [definitionOf("same")] })]);
  const scheduler = world.start();
  await scheduler.start();
  scheduler.changed();
  await settle();
  assert.equal(world.stored.get("same")?.type, "a");
  assert.equal(world.errors.length, 1);
  await scheduler.close();
});

test("one broken schedule does not stop the others", async () => {
  const world = createWorld();
  world.stored.set("bad", apiSchedule("bad", { cron: "what?" }));
  world.stored.set("lost", apiSchedule("lost", { timeZone: "Mars/Olympus" }));
  world.stored.set("good", apiSchedule("good"));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(HOUR);
  assert.deepEqual(world.slotsFired(), ["good@2026-01-01T01:00:00.000Z"]);
  assert.equal(world.errors.length, 2);
  assert.equal(scheduler.nextSlotMs(apiSchedule("bad", { cron: "what?" }), START), null);
  await scheduler.close();
});

test("a slot at a bad moment is tried again; a refused one is skipped with its reason", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s"));
  const scheduler = world.start();
  await scheduler.start();
  world.refuse(new CofferdamError("lane_full", "full", { retryAfterSeconds: 10 }));
  await world.clock.pass(HOUR);
  assert.deepEqual([world.jobs.length, world.stored.get("s")?.lastSlotMs], [0, null]);
  world.refuse(null);
  await world.clock.pass(9999);
  assert.equal(world.jobs.length, 0);
  await world.clock.pass(1);
  assert.deepEqual(world.slotsFired(), ["s@2026-01-01T01:00:00.000Z"]);
  world.states.set("j1", "failed");
  world.refuse(new CofferdamError("invalid_input", "path is missing"));
  await world.clock.pass(HOUR);
  assert.match(JSON.stringify(world.events.findLast((event) => event.kind === "schedule.skipped")), /path is missing/);
  assert.equal(world.stored.get("s")?.lastSlotMs, START + 2 * HOUR);
  await scheduler.close();
});

test("a slot weeks away comes in its time; the wall clock may jump there", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s", { cron: "0 0 1 3 *" }));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(30 * HOUR);
  assert.deepEqual(world.jobs, []);
  world.clock.jump(Date.parse("2026-03-01T00:00:01Z") - world.clock.nowMs());
  await world.clock.pass(60_000);
  assert.deepEqual(world.slotsFired(), ["s@2026-03-01T00:00:00.000Z"]);
  await scheduler.close();
});

test("a clock that is set back fires nothing twice; one that had been wrong by days is forgotten", async () => {
  const world = createWorld();
  world.stored.set("s", apiSchedule("s", { overlap: "queue" }));
  world.stored.set("wrong", apiSchedule("wrong", { overlap: "queue", lastSlotMs: START + 365 * 24 * HOUR, updatedAtMs: START + 365 * 24 * HOUR }));
  const scheduler = world.start();
  await scheduler.start();
  await world.clock.pass(2 * HOUR);
  world.clock.jump(-2 * HOUR);
  await world.clock.pass(2 * HOUR);
  assert.equal(world.slotsFired().filter((slot) => slot.startsWith("s@")).length, 2);
  assert.equal(new Set(world.slotsFired()).size, world.jobs.length);
  await world.clock.pass(HOUR);
  assert.equal(world.slotsFired().filter((slot) => slot.startsWith("s@")).length, 3);
  assert.ok(world.slotsFired().filter((slot) => slot.startsWith("wrong@")).length >= 2);
  await scheduler.close();
});
