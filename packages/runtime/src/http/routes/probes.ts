import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderHealth } from "../../query/index.ts";
import { describeError } from "../problem.ts";
import { json, type Reply } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import type { RouteDeps } from "./deps.ts";

const PHASE = z.strictObject({ status: z.enum(["pass", "fail"]), phase: z.string() });
const HEALTH_TYPE = "application/health+json";

export function probeRoutes({ control, metrics, clock, closed }: RouteDeps): readonly Route[] {
  const probe = (path: string, summary: string, passes: () => Promise<boolean> | boolean): Route =>
    route({
      method: "get",
      path,
      access: "public",
      summary,
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Yes", schema: PHASE }, 503: { description: "No", schema: PHASE } },
      async handle() {
        const isPassed = await passes();
        return json({ status: isPassed ? "pass" : "fail", phase: control.phase() }, { status: isPassed ? 200 : 503 });
      },
    });

  return [
    // Asks neither the store nor the workers: their trouble is no reason to restart the one who supervises them.
    probe("/livez", "Whether the main loop answers", () => control.phase() !== "stopped"),
    probe(
      "/readyz",
      "Whether work is accepted: not while starting, draining, or with a store that cannot be written",
      async () => control.phase() === "running" && (await control.health()).store.writable,
    ),
    probe("/startupz", "Whether the start is over: migrations done, unfinished attempts recovered", () => control.phase() !== "starting"),
    route({
      method: "get",
      path: "/healthz",
      access: "public",
      summary: "Health with details (details need a token where tokens are configured)",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "pass or warn", contentType: HEALTH_TYPE }, 503: { description: "fail", contentType: HEALTH_TYPE } },
      async handle({ caller }): Promise<Reply> {
        const view = renderHealth(await control.health(), clock.nowMs());
        const shown = closed && caller.role === null ? { status: view.status } : view;
        return json(shown, { status: view.status === "fail" ? 503 : 200, headers: { "content-type": HEALTH_TYPE } });
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      access: "read",
      summary: "Metrics for Prometheus; OpenMetrics by Accept",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Metrics", contentType: "text/plain" } },
      async handle({ headers }) {
        const { contentType, body } = await metrics.text((headers.accept ?? "").includes("application/openmetrics-text") ? "openmetrics" : "prometheus");
        return { status: 200, headers: { "content-type": contentType }, body };
      },
    }),
    route({
      method: "get",
      path: "/errors/{code}",
      access: "public",
      summary: "What an error code means; the `type` of a problem leads here",
      params: z.strictObject({ code: z.string().max(100) }),
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The code, its title and family", contentType: "text/plain" } },
      refusals: ["route_not_found"],
      handle({ params }) {
        const text = describeError(params.code);
        if (text === null) throw new CofferdamError("route_not_found", `there is no error code ${JSON.stringify(params.code)}`);
        return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: text };
      },
    }),
  ];
}
