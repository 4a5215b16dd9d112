// dispatch: which jobs run next, and how many at once.
// Owns: lane and type limits, handing ahead, the alarm for delayed jobs. Never: SQL, processes, verdicts.
// In: wakes, ended attempts, lane settings. Out: leases of one type for one worker, to start().
// plan-claims.ts and pack-leases.ts decide, purely; dispatcher.ts acts.
export { createDispatcher, type Dispatcher, type DispatcherLoad, type DispatcherOptions, type LaneSetting } from "./dispatcher.ts";
export type { AttemptEnding } from "./pace.ts";
