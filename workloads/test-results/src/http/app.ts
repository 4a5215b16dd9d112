import { Hono } from "hono";
import { listQuarantine } from "../conduct/quarantine.ts";
import { messageOf } from "../errors.ts";
import { readGauges, readHealth } from "./health.ts";
import { jenkinsRoutes } from "./jenkins-routes.ts";
import { junitRoute } from "./junit-route.ts";
import { problem } from "./problem.ts";
import { resultRoutes } from "./result-routes.ts";
import type { Services } from "./services.ts";

/** The whole HTTP interface, under /api/v1 and its alias /api. */
export function createApp(services: Services): Hono {
  const api = new Hono();
  api.route("/jenkins", jenkinsRoutes(services));
  api.route("/", resultRoutes(services));
  api.route("/", junitRoute(services));
  api.get("/quarantine", async (context) =>
    context.json({
      quarantine: (await listQuarantine(services.database.read)).map(({ key, release, module, job, reason, at }) => ({ job_id: key, release, module, job, reason, at })),
    }),
  );
  api.post("/quarantine/:job{.+}/release", async (context) => {
    const released = await services.conductor.release(context.req.param("job"));
    if (released === null) return problem(context, 404, "not_found", "this job is not in quarantine");
    return context.json({ job_id: released.key, release: released.release, module: released.module, job: released.job, released: true });
  });
  api.route("/", watchRoutes(services));

  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header("x-content-type-options", "nosniff");
  });
  app.route("/", watchRoutes(services));
  app.route("/api/v1", api);
  app.route("/api", api);
  app.notFound((context) => problem(context, 404, "not_found", `there is nothing at ${context.req.path}`));
  app.onError((error, context) => problem(context, 500, "failed", messageOf(error)));
  return app;
}

/** For operators; also without the prefix. */
function watchRoutes(services: Services): Hono {
  const app = new Hono();
  app.get("/health", async (context) => context.json(await readHealth(services)));
  app.get("/metrics", async (context) => context.text(services.metrics.text(await readGauges(services)), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }));
  return app;
}
