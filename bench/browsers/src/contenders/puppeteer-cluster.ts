import puppeteer from "puppeteer";
import { Cluster } from "puppeteer-cluster";
import { timed, type Attempt, type ContenderResult, type Params } from "../harness/plan.ts";
import { visit } from "../harness/work.ts";

/** One cluster over all attempts, with its own time limit. Every third launch is a slow one, since a launch belongs to no task. */
export default async function run(params: Params): Promise<ContenderResult> {
  const startMs = performance.now();
  const hasFaults = params.attempts.some(({ fault }) => fault !== null);
  let launches = 0;
  const cluster: Cluster<Attempt, void> = await Cluster.launch({
    // With faults a browser for each worker, as its manual advises; for plain pages fresh contexts in one browser.
    concurrency: hasFaults ? Cluster.CONCURRENCY_BROWSER : Cluster.CONCURRENCY_CONTEXT,
    maxConcurrency: params.concurrency,
    timeout: params.limitMs,
    puppeteer: {
      launch: (options: object) => {
        launches += 1;
        return puppeteer.launch({ ...options, executablePath: hasFaults && launches % 3 === 0 ? params.slowChromium : params.chromium, args: ["--no-sandbox"], headless: true });
      },
    },
  });
  cluster.on("taskerror", () => undefined);
  const settled = await Promise.all(
    params.attempts.map((attempt) =>
      timed(attempt, 2 ** 31 - 1, () =>
        cluster.execute(attempt, async ({ page }) => {
          const browser = page.browser();
          await visit(page, params.site, attempt, {
            browserPid: async () => browser.process()?.pid ?? 0,
            forgetPage: async () => (await browser.createBrowserContext()).newPage(),
          });
        }),
      ),
    ),
  );
  await cluster.idle();
  await cluster.close();
  return { settled, wallMs: performance.now() - startMs };
}
