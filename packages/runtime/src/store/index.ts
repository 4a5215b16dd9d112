// store: the queue (what is to be done) and the journal (what happened).
// Owns: SQL and every change of a job's state. Never: decides what the next state is.
// In: transitions. Out: rows.
export { openEmbeddedStore, type EmbeddedStoreOptions } from "./open.ts";
export * from "./ports.ts";
export type { StoreEvent } from "./writer-client.ts";
