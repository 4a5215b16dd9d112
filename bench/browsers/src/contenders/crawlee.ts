import { Configuration, PlaywrightCrawler, log } from "@crawlee/playwright";
import type { Attempt, ContenderResult, Params, Settled } from "../harness/plan.ts";
import { checkTitle, visit } from "../harness/work.ts";
import { pidOf } from "./playwright.ts";

/** One crawl over all attempts: its own pool, fresh contexts, its own time limits, no retries. Every third launch is a slow one, since a launch belongs to no request. */
export default async function run(params: Params): Promise<ContenderResult> {
  log.setLevel(log.LEVELS.OFF);
  const settled: Settled[] = [];
  const startMs = performance.now();
  const seconds = params.limitMs / 1000;
  const hasFaults = params.attempts.some(({ fault }) => fault !== null);
  let launches = 0;
  const crawler = new PlaywrightCrawler(
    {
      launchContext: { useIncognitoPages: true, launchOptions: { executablePath: params.chromium, args: ["--no-sandbox"] } },
      browserPoolOptions: {
        retireBrowserAfterPageCount: hasFaults ? 10 : 100,
        preLaunchHooks: [
          (_id, context) => {
            launches += 1;
            if (hasFaults && launches % 3 === 0) context.launchOptions = { ...context.launchOptions, executablePath: params.slowChromium };
          },
        ],
      },
      minConcurrency: params.concurrency,
      maxConcurrency: params.concurrency,
      maxRequestRetries: 0,
      requestHandlerTimeoutSecs: seconds,
      navigationTimeoutSecs: seconds,
      useSessionPool: false,
      requestHandler: async ({ page, request }) => {
        const attempt = request.userData as Attempt;
        const browser = page.context().browser();
        if (browser === null) throw new Error("no browser");
        // It has gone to the page by itself; a fault is played in the handler.
        if (attempt.fault === null) await checkTitle(page);
        else await visit(page, params.site, attempt, { browserPid: () => pidOf(browser), forgetPage: async () => page.context().newPage() });
        settled.push({ fault: attempt.fault, outcome: "ok", ms: 0, afterCutMs: null, error: "" });
      },
      failedRequestHandler: ({ request }, error) => {
        const attempt = request.userData as Attempt;
        settled.push({ fault: attempt.fault, outcome: "failed", ms: 0, afterCutMs: null, error: error.message.split("\n")[0] ?? "" });
      },
    },
    new Configuration({ persistStorage: false, purgeOnStart: true }),
  );
  await crawler.run(params.attempts.map((attempt) => ({ url: `${params.site}/ok?start=${attempt.index}`, uniqueKey: String(attempt.index), userData: { ...attempt } })));
  return { settled, wallMs: performance.now() - startMs };
}
