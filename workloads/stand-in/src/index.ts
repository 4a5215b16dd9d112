// Sites on loopback that take the place of real ones, over real sockets.
//
// Owns: the server, its log, the faults that are ordered and how each of them looks on the wire.
// Never: what a site says; the workload gives that.
export { FAULT_HANDLERS, pieces, type FaultHandler, type Answer, type Misbehaviour } from "./faults.ts";
export { type FaultOrder } from "./orders.ts";
export { sendPieces } from "./send.ts";
export { startStandIn, type LogLine, type Site, type StandIn } from "./server.ts";
export { type Visit } from "./visit.ts";
