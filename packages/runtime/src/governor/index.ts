// governor: what a process tree is, what it uses, and how it is ended.
// Owns: reading /proc and cgroups; sending signals. Never: knows jobs, budgets' meaning or verdicts.
// In: marks of a tree. Out: census, samples, counters, an empty tree.
export * from "./census.ts";
export * from "./cgroup.ts";
export * from "./end-tree.ts";
export * from "./guard.ts";
export * from "./instance.ts";
export * from "./look-surely.ts";
export * from "./machine-memory.ts";
export * from "./kept-file.ts";
export * from "./kernel-log.ts";
export * from "./priority.ts";
export * from "./probe.ts";
export * from "./process-table.ts";
export * from "./proc.ts";
export * from "./remove-tree.ts";
export * from "./sampler.ts";
export * from "./shares.ts";
export * from "./signal.ts";
export * from "./surroundings.ts";
export * from "./sweep.ts";
