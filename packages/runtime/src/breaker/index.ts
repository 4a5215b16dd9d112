// breaker: the shared memory that somebody refuses us.
// Owns: the copy of all breakers in memory, and who is told of a change. Never: decides a transition (model/breaker.ts does), touches SQL.
// In: what a job found out about a key. Out: whether it may go on; events.
export { openBreakerBook, type BreakerBook, type BreakerBookDeps } from "./breaker-book.ts";
export { createLooseBreakers } from "./loose-breakers.ts";
export type { BreakerChange, BreakerDoor } from "./ports.ts";
