import { openBrowser } from "@cofferdam/browsers";
import { runAll, timed, type ContenderResult, type Params } from "../harness/plan.ts";
import { visit } from "../harness/work.ts";

/** A session for each attempt, as a job would have it. */
export default async function run(params: Params): Promise<ContenderResult> {
  const startMs = performance.now();
  const settled = await runAll(params, (attempt) =>
    timed(attempt, params.limitMs, async (signal) => {
      const executablePath = attempt.fault === "slow-launch" ? params.slowChromium : params.chromium;
      await using session = await openBrowser({ signal }, { executablePath });
      await session.withPage((page) =>
        visit(page, params.site, attempt, {
          browserPid: async () => session.processes()[0] ?? 0,
          forgetPage: () => session.newPage(),
        }),
      );
    }),
  );
  return { settled, wallMs: performance.now() - startMs };
}
