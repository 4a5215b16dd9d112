import { chromium, type Browser } from "playwright";
import { raceSignal, runAll, timed, type Attempt, type ContenderResult, type Params } from "../harness/plan.ts";
import { visit } from "../harness/work.ts";

/** Written with care: a launch that was given up is closed when it arrives, and the browser in every path. */
export default async function run(params: Params): Promise<ContenderResult> {
  const startMs = performance.now();
  const settled = await runAll(params, (attempt) => timed(attempt, params.limitMs, (signal) => work(params, attempt, signal)));
  return { settled, wallMs: performance.now() - startMs };
}

async function work(params: Params, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const launching = chromium.launch({ executablePath: attempt.fault === "slow-launch" ? params.slowChromium : params.chromium, args: ["--no-sandbox"] });
  let browser: Browser;
  try {
    browser = await raceSignal(launching, signal);
  } catch (error) {
    launching.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
  try {
    const context = await raceSignal(browser.newContext(), signal);
    const page = await raceSignal(context.newPage(), signal);
    await raceSignal(visit(page, params.site, attempt, { browserPid: () => pidOf(browser), forgetPage: async () => (await browser.newContext()).newPage() }), signal);
  } finally {
    await browser.close();
  }
}

/** Playwright does not tell it; Chromium does. */
export async function pidOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.find(({ type }) => type === "browser")?.id ?? 0;
}
