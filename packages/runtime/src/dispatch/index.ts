// dispatch: which jobs run next, and how many at once.
// Owns: lane and type limits, memory reservations, handing ahead, the alarm for delayed jobs. Never: SQL, processes, verdicts.
// In: wakes, ended attempts, lane settings. Out: leases of one type for one worker, to start().
// plan-claims.ts, pack-leases.ts, admission.ts and pressure.ts decide, purely; dispatcher.ts acts.
export { createDispatcher, type Dispatcher, type DispatcherLoad, type DispatcherOptions, type LaneSetting } from "./dispatcher.ts";
export type { AdmissionRule, BlockedHead } from "./admission.ts";
export { UNLIMITED_MEMORY, type MemoryOptions } from "./memory-book.ts";
export type { Fitting, MemoryReport } from "./memory-report.ts";
export { judgePressure } from "./pressure.ts";
export { createPressureWatch, type PressureWatch } from "./pressure-watch.ts";
export type { Reservation } from "./slots.ts";
export type { AttemptEnding } from "./pace.ts";
