import { Hono } from "hono";
import { routePath } from "hono/route";
import { messageOf } from "workload-command-line";
import { activeRun } from "../runs/run-store.ts";
import { readFreshness } from "../runs/run-view.ts";
import { readHealth } from "./health.ts";
import { marketRoutes } from "./market-routes.ts";
import { problem } from "./problem.ts";
import { scraperRoutes } from "./scraper-routes.ts";
import type { Services } from "./services.ts";

/** The whole HTTP interface. */
export function createApp(services: Services): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const beganMs = performance.now();
    await next();
    // The pattern, not the address: there are only so many of them.
    services.metrics.answered(context.res.status === 404 ? "not-found" : routePath(context, -1), (performance.now() - beganMs) / 1000);
    context.header("x-content-type-options", "nosniff");
  });
  app.get("/", (context) => context.json({ message: "market-crawl: Danish flea markets. See /markets/today, /markets/nearby, /scraper/status." }));
  app.get("/health", (context) => context.json(readHealth(services)));
  app.get("/metrics", async (context) => context.text(await readMetrics(services), 200, { "content-type": services.metrics.contentType }));
  app.route("/scraper", scraperRoutes(services));
  app.route("/markets", marketRoutes(services));
  app.notFound((context) => problem(context, 404, "not_found", `there is nothing at ${context.req.path}`));
  app.onError((error, context) => problem(context, 500, "failed", messageOf(error)));
  return app;
}

async function readMetrics({ conductor, database, metrics, settings, now }: Services): Promise<string> {
  const { memoryBytes } = conductor.live.worker();
  const { last_success_at: last } = await readFreshness(database.read, now());
  return await metrics.text({
    activeRuns: (await activeRun(database.read)) === undefined ? 0 : 1,
    lastSuccessSeconds: last === null ? null : Date.parse(last) / 1000,
    workerMemoryBytes: memoryBytes,
    memoryRatio: memoryBytes / settings.workerMemoryBytes,
  });
}
