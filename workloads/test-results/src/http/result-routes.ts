import { Hono, type Context } from "hono";
import { ALL_MODULES, hasModule, listModules, listReleases, summarize, summarizeBehaviours } from "../query/dashboard.ts";
import { listJobs, listTests, showJob } from "../query/tests.ts";
import { readTrends, type Trend } from "../trends/read-trends.ts";
import { page, testQuery, toTestFilter, trendQuery } from "./parameters.ts";
import { problem } from "./problem.ts";
import type { Services } from "./services.ts";

/** Everything that is read from the database. */
export function resultRoutes({ database }: Pick<Services, "database">): Hono {
  const { read } = database;
  const app = new Hono();
  const orMissing = (context: Context, found: object | null): Response =>
    found === null ? problem(context, 404, "not_found", "there is nothing of that name") : context.json(found);

  app.get("/dashboard/releases", async (context) => context.json({ releases: await listReleases(read) }));
  app.get("/dashboard/modules/:release", async (context) => {
    const modules = await listModules(read, context.req.param("release"));
    return orMissing(context, modules === null ? null : { release: context.req.param("release"), modules });
  });
  app.get("/dashboard/summary/:release/:module", async (context) => orMissing(context, await summarize(read, context.req.param("release"), context.req.param("module"))));
  app.get("/dashboard/flaky-summary/:release", async (context) => orMissing(context, await summarizeBehaviours(database, context.req.param("release"))));

  app.get("/jobs/:release/:module", async (context) => {
    const query = page.safeParse(context.req.queries());
    if (!query.success) return problem(context, 400, "invalid_request", query.error.message);
    const jobs = await listJobs(read, context.req.param("release"), context.req.param("module"), query.data);
    return orMissing(context, jobs === null ? null : { jobs, ...query.data });
  });
  app.get("/jobs/:release/:module/:job", async (context) => orMissing(context, await showJob(read, context.req.param())));
  app.get("/jobs/:release/:module/:job/tests", async (context) => {
    const query = testQuery.safeParse(context.req.queries());
    if (!query.success) return problem(context, 400, "invalid_request", query.error.message);
    return orMissing(context, await listTests(database, context.req.param(), toTestFilter(query.data)));
  });
  app.get("/trends/:release/:module", async (context) => {
    const query = trendQuery.safeParse(context.req.queries());
    if (!query.success) return problem(context, 400, "invalid_request", query.error.message);
    const { release, module } = context.req.param();
    if (!(await hasModule(read, release, module))) return orMissing(context, null);
    const { statuses, behaviours, priorities, topology, search, skip, limit } = query.data;
    const filter = {
      release,
      module: module === ALL_MODULES ? null : module,
      statuses,
      behaviours,
      priorities,
      topology,
      testcaseModule: query.data.testcase_module,
      search,
    };
    const tests: Trend[] = [];
    let total = 0;
    for await (const trend of readTrends(database, filter)) {
      if (total >= skip && tests.length < limit) tests.push(trend);
      total += 1;
    }
    return context.json({ release, module, total, skip, limit, tests });
  });
  return app;
}
