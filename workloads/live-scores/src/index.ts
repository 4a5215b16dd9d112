// live-scores: the newest score of every live match, one supervised poller for each.
// Owns: discovery, reconcile, decoding, what is emitted, the rules of restarts, the HTTP interface. Never: starts a process by itself; the runtime does.
export { JOB_MODULES, startService, type Service, type ServiceOptions } from "./service.ts";
export { readSettings, SETTING_ROWS, type Settings } from "./settings.ts";
export { startStandIn, type ScoreStandIn, type StandInOptions, type ToldBall } from "./stand-in/site.ts";
export { decodeLive, type LiveState } from "./decode/live.ts";
export { createNames, type Names } from "./decode/names.ts";
