// control: the one facade that HTTP, the CLI and the library door speak to.
// Owns: the lanes in memory, the event hub, bulk operations. Never: runs an attempt, touches SQL, speaks HTTP.
// In: what a caller wants. Out: records, or a CofferdamError that says what to do.
export type { Catalog, ControlDeps, DispatchDoor, HostDoor, ScheduleDoor } from "./deps.ts";
export { callByName } from "./call-by-name.ts";
export { createControl } from "./create-control.ts";
export { createEnqueuer, type Enqueuer, type EnqueuerDeps } from "./enqueue.ts";
export { createEventHub, type EventHub } from "./events.ts";
export { openLaneBook, type LaneBook } from "./lane-book.ts";
export { createOperations, OPERATION_ACTIONS, type Operation, type OperationAction, type OperationRequest, type Operations } from "./operations.ts";
export * from "./ports.ts";
