// chaos: faults are injected into running attempts, so that people can prove that their jobs survive them.
// Owns: which attempts are hit, by chance, and the report of what became of them. Never: ends a process itself, changes a verdict.
// In: starts of attempts. Out: faults for their workers, a report.
export { createChaos, type ChaosDeps } from "./chaos.ts";
export type { Chaos, ChaosReport, ChaosRequest } from "./ports.ts";
