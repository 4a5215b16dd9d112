import { findChromium, openBrowser, type ThreadProfile } from "@cofferdam/browsers";
import { runAll, timed, type ContenderResult, type Params } from "../harness/plan.ts";
import { visit } from "../harness/work.ts";

// Loads Playwright, as the others have loaded theirs when the clock starts.
await findChromium();

/** As large as Puppeteer's pages are. */
const viewport = { width: 800, height: 600 };

/** One session, a fresh context for each page. */
export default function run(params: Params): Promise<ContenderResult> {
  return runPages(params, "standard");
}

export async function runPages(params: Params, threads: ThreadProfile): Promise<ContenderResult> {
  const startMs = performance.now();
  await using session = await openBrowser({}, { executablePath: params.chromium, threads, retire: { pagesMax: 100 } });
  const hands = { browserPid: async () => session.processes()[0] ?? 0, forgetPage: () => session.newPage() };
  const settled = await runAll(params, (attempt) => timed(attempt, params.limitMs, () => session.withPage((page) => visit(page, params.site, attempt, hands), { viewport })));
  await session.close();
  return { settled, wallMs: performance.now() - startMs };
}
