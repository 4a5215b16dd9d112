import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { Refusal } from "../errors.ts";
import type { Service } from "../service.ts";
import { readGauges } from "../watch/read-gauges.ts";
import { adminRoutes } from "./admin-routes.ts";
import { answerError, refuse } from "./answers.ts";
import { readHealth } from "./health.ts";
import { ingestRoutes } from "./ingest-routes.ts";
import { profileRoutes } from "./profile-routes.ts";
import type { App, AppEnvironment } from "./types.ts";

/** The whole HTTP interface. */
export function createApp(service: Service): App {
  const app = withRequests(service);
  app.route("/", watchRoutes(service));
  app.route("/api/v1/internal", ingestRoutes(service));
  app.route("/api/v1/profile", profileRoutes(service));
  app.route("/api/v1/admin", adminRoutes(service));
  return app;
}

/** What stands on the port for operators. */
export function createWatchApp(service: Service): App {
  const app = withRequests(service);
  app.route("/", watchRoutes(service));
  return app;
}

function withRequests(service: Service): App {
  const app = new Hono<AppEnvironment>();
  app.use(async (context, next) => {
    const begunMs = performance.now();
    const requestId = /^[\w.-]{1,100}$/.exec(context.req.header("x-request-id") ?? "")?.[0] ?? randomUUID();
    context.set("requestId", requestId);
    await next();
    context.header("x-request-id", requestId);
    context.header("x-content-type-options", "nosniff");
    service.metrics.answered(endpointOf(context.req.path), context.res.status, (performance.now() - begunMs) / 1000);
  });
  app.notFound((context) => refuse(context, new Refusal("NOT_FOUND", `there is nothing at ${context.req.path.slice(0, 200)}`)));
  app.onError((error, context) => answerError(context, error, service.log));
  return app;
}

function watchRoutes(service: Service): App {
  const app = new Hono<AppEnvironment>();
  app.get("/livez", (context) => context.text("ok"));
  app.get("/health", async (context) => context.json(await readHealth(service)));
  app.get("/metrics", async (context) => {
    const text = await service.metrics.text(await readGauges(service.database, service.runtime.control, Date.now()));
    return context.text(text, 200, { "content-type": service.metrics.contentType });
  });
  return app;
}

const ENDPOINTS =
  /^\/(?:api\/v1\/)?(health|livez|metrics|internal\/(?:snapshots\/raw|snapshots|fetch)|profile\/(?:summary|raw)|admin\/(?:snapshots|quarantine|dead-letters|ingest|types|backfill))(?=\/|$)/;

/** Few label values, whatever is asked for: ids and names are left out, and what there is not is one. */
function endpointOf(path: string): string {
  return ENDPOINTS.exec(path)?.[1] ?? "other";
}
