import { openBrowser } from "@cofferdam/browsers";
import { runAll, timed, type ContenderResult, type Params } from "../harness/plan.ts";
import { visit } from "../harness/work.ts";

/** One session, a fresh context for each page. */
export default async function run(params: Params): Promise<ContenderResult> {
  const startMs = performance.now();
  await using session = await openBrowser({}, { executablePath: params.chromium, retire: { pagesMax: 100 } });
  const settled = await runAll(params, (attempt) =>
    timed(attempt, params.limitMs, () =>
      session.withPage((page) => visit(page, params.site, attempt, { browserPid: async () => session.processes()[0] ?? 0, forgetPage: () => session.newPage() })),
    ),
  );
  await session.close();
  return { settled, wallMs: performance.now() - startMs };
}
