import { createRequire } from "node:module";
import { USER_AGENT } from "./http-client.ts";

interface ParsedRobots {
  isAllowed(url: string, userAgent: string): boolean | undefined;
  getCrawlDelay(userAgent: string): number | undefined;
}

/** The package's own types say that it has a default export; what it exports is this function. */
const parseRobots: (url: string, text: string) => ParsedRobots = createRequire(import.meta.url)("robots-parser");

export interface Robots {
  allows(url: string): boolean;
  readonly crawlDelaySeconds: number | null;
}

export function readRobotsText(url: string, text: string): Robots {
  const parsed = parseRobots(url, text);
  return { allows: (page) => parsed.isAllowed(page, USER_AGENT) !== false, crawlDelaySeconds: parsed.getCrawlDelay(USER_AGENT) ?? null };
}
