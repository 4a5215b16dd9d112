import { join } from "node:path";

const OWN = join(import.meta.dirname, "..");

/** Where something was asked for; found out only when somebody wants to know: the frames are taken now, and written out for what leaked alone. */
export type CallSite = () => string;

/** "file:line:column" of the nearest caller outside of this package and Playwright. */
export function callSite(): CallSite {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const here = new Error("where");
  Error.stackTraceLimit = depth;
  return () => nearestCaller(here.stack ?? "");
}

function nearestCaller(stack: string): string {
  for (const line of stack.split("\n").slice(1)) {
    const place = /(?:file:\/\/)?(\/[^\s()]+:\d+:\d+)/.exec(line)?.[1];
    if (place !== undefined && !place.startsWith(`${OWN}/`) && !place.includes("/node_modules/playwright-core/")) return place;
  }
  return "unknown";
}
