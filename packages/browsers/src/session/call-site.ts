import { join } from "node:path";

const OWN = join(import.meta.dirname, "..");

/** "file:line:column" of the nearest caller outside of this package and Playwright. */
export function callSite(): string {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const stack = new Error("where").stack ?? "";
  Error.stackTraceLimit = depth;
  for (const line of stack.split("\n").slice(1)) {
    const place = /(?:file:\/\/)?(\/[^\s()]+:\d+:\d+)/.exec(line)?.[1];
    if (place !== undefined && !place.startsWith(`${OWN}/`) && !place.includes("/node_modules/playwright-core/")) return place;
  }
  return "unknown";
}
