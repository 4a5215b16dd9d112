// intake: turns a request into a job that may be stored, or refuses it.
// Owns: the checks at the door (type, lane, size, schema, pauses, backlog). Never: stores, runs or chooses work.
// In: EnqueueRequest. Out: NewJob, or a CofferdamError that says what to do.
export { createBacklog, type Backlog } from "./backlog.ts";
export { createIntake, type Intake, type IntakeDeps, type JobOrigin } from "./intake.ts";
export { activePause } from "./pause.ts";
