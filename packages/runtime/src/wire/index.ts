// wire: what host and worker say to each other, and the frames they say it in.
// Owns: the message unions and the codec. Never: sockets, processes.
// In: bytes. Out: messages, checked.
export * from "./beat.ts";
export * from "./breaker-message.ts";
export { checkMessage } from "./check-message.ts";
export * from "./codec.ts";
export * from "./control-message.ts";
export * from "./count-message.ts";
export * from "./kept-message.ts";
export * from "./ledger.ts";
export * from "./messages.ts";
export * from "./service-message.ts";
export * from "./stage-message.ts";
