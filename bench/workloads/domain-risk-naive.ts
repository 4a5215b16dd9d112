// How such a run is commonly written: each domain by itself, HTTP first, a browser when that fails, a generous wall, nothing remembered.
import { setTimeout as pause } from "node:timers/promises";
import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../../packages/browsers/src/index.ts";

export interface NaiveOptions {
  readonly template: string;
  readonly workers: number;
  /** Of one domain, over both methods. */
  readonly wallSeconds: number;
  readonly pauseSeconds: { readonly min: number; readonly max: number };
}

export interface NaiveRun {
  readonly seconds: number;
  readonly slowestSeconds: number;
  readonly fetched: number;
}

const ENOUGH_CHARS = 500;
/** A common default of HTTP clients. */
const HTTP_SHARE = 0.5;

export async function runNaively(domains: readonly string[], options: NaiveOptions): Promise<NaiveRun> {
  const { path } = await findChromium();
  const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
  const left = [...domains];
  const took: number[] = [];
  let fetched = 0;
  const startMs = performance.now();
  const work = async (): Promise<void> => {
    for (let domain = left.shift(); domain !== undefined; domain = left.shift()) {
      const { min, max } = options.pauseSeconds;
      await pause(1000 * (min + Math.random() * (max - min)));
      const begunMs = performance.now();
      if (await fetchOne(browser, options.template.replaceAll("{domain}", domain), options.wallSeconds * 1000)) fetched += 1;
      took.push((performance.now() - begunMs) / 1000);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.workers }, work));
    return { seconds: (performance.now() - startMs) / 1000, slowestSeconds: Math.max(...took), fetched };
  } finally {
    await browser.close();
  }
}

async function fetchOne(browser: Browser, address: string, wallMs: number): Promise<boolean> {
  const endMs = performance.now() + wallMs;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(wallMs * HTTP_SHARE) });
    const text = (await answer.text()).replaceAll(/<[^>]*>/g, "");
    if (answer.ok && text.length >= ENOUGH_CHARS) return true;
  } catch {
    // The browser may do better.
  }
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(address, { waitUntil: "networkidle", timeout: Math.max(1, endMs - performance.now()) });
    return ((await page.textContent("body")) ?? "").length >= ENOUGH_CHARS;
  } catch {
    return false;
  } finally {
    await context.close();
  }
}
