// schedule: fires jobs at the times that cron expressions name.
// Owns: schedules of modules and of the API, catch-up, overlap, the next slot. Never: stores a job itself, runs one, asks who may change a schedule.
// In: stored schedules, job types, the clock. Out: enqueue requests with their slot, schedule events.
// docs/reference/schedules.md states the rules of daylight saving time and of catching up.
export { validateCron } from "./cron.ts";
export { dueSlots, type DueSlots } from "./due-slots.ts";
export { createScheduler, type Scheduler, type SchedulerOptions } from "./scheduler.ts";
