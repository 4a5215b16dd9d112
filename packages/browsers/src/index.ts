// The door of the package.
export { detectBlock, type Answer, type Block } from "./block/detect-block.ts";
export { siblingKey, type Sibling } from "./block/sibling-key.ts";
export type { BlockVendor } from "./block/signs.ts";
export { createDeadline, type Deadline, type DeadlineOptions } from "./deadline.ts";
export { BROWSER_ERROR_CODES, BrowserError, type BrowserErrorCode } from "./errors.ts";
export { findChromium, type FoundChromium } from "./find/find-chromium.ts";
export type { BlockedKind, ThreadProfile } from "./process/arguments.ts";
export { sweepBrowsers, type SweepReport } from "./process/sweep.ts";
export { BROWSER_EVENT_KINDS, browserCounts, type BrowserCounts, type BrowserEvent, type BrowserEventKind } from "./session/events.ts";
export type { BrowserLeak } from "./session/holdings.ts";
export { openBrowser, type BrowserSession, type CloseReport } from "./session/open-browser.ts";
export type { BrowserJob, BrowserKeeper, BrowserOptions, ReuseRules } from "./session/options.ts";
export type { RetireRules } from "./session/retirement.ts";
