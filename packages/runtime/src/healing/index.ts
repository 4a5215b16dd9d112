// healing: lanes and types that fail too much are held back, and come back step by step.
// Owns: failure intensity, trips, ramps, how starting workers goes. Never: pauses of people, verdicts, processes.
// In: ends of attempts, starts of workers, time. Out: how many may run; trips for the record.
// health.ts, intensity.ts and starts.ts decide, purely; healer.ts and start-watch.ts act.
export { allowedOf, type HealingRule, type Health } from "./health.ts";
export { openHealer, type HealerDeps } from "./healer.ts";
export type { Healer, TripScope, TripView } from "./ports.ts";
export { createStartWatch, type StartWatch } from "./start-watch.ts";
