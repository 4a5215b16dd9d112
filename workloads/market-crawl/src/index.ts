export { parseAddress, joinAddress, type Address } from "./address/parse-address.ts";
export { JOB_MODULES, startService, type Service, type ServiceOptions } from "./service.ts";
export { readSettings, type Settings } from "./settings.ts";
export { startMarketStandIn, type MarketStandIn } from "./stand-in/server.ts";
export { makeWorld, type World } from "./stand-in/world.ts";
