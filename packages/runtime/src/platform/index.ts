// platform: the clock, timers, chance and the log.
// Owns: reading the time and chance. Never: knows what a job is.
// In: nothing. Out: Clock, Chance, Logger, all replaceable in tests.
export * from "./alarm.ts";
export * from "./chance.ts";
export * from "./clock.ts";
export * from "./log.ts";
