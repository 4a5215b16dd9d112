// model: names of states, causes, transitions, ids, units and errors.
// Owns: the vocabulary. Never: I/O, clock, chance, imports.
// In: plain values. Out: plain values.
export * from "./app.ts";
export * from "./breaker.ts";
export * from "./autopsy.ts";
export * from "./budget.ts";
export * from "./cause.ts";
export * from "./chaos.ts";
export * from "./definition.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./evidence.ts";
export * from "./id.ts";
export * from "./incident.ts";
export * from "./job.ts";
export * from "./keeper.ts";
export * from "./lane.ts";
export * from "./memory.ts";
export * from "./service.ts";
export * from "./rest.ts";
export * from "./stage.ts";
export * from "./suggest.ts";
export * from "./trouble.ts";
export * from "./units.ts";
export * from "./verdict.ts";
