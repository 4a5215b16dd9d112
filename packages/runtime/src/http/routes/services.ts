import { z } from "@hono/zod-openapi";
import type { ServiceView } from "../../service/index.ts";
import { renderService } from "../../query/index.ts";
import { json, type Reply } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { listOf, SERVICE } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const NAME_PARAMS = z.strictObject({ name: z.string().max(200) });

export function serviceRoutes({ control, clock }: RouteDeps): readonly Route[] {
  const answer = (service: ServiceView): Reply => json(renderService(service, clock.nowMs()));
  const now = { 200: { description: "The service as it is now", schema: SERVICE } };
  return [
    route({
      method: "get",
      path: `${API}/services`,
      access: "read",
      summary: "List services with their health",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All services", schema: listOf(SERVICE) } },
      handle: () => json({ items: control.services().map((service) => renderService(service, clock.nowMs())) }),
    }),
    route({
      method: "get",
      path: `${API}/services/{name}`,
      access: "read",
      summary: "Read the health of a service",
      params: NAME_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: now,
      refusals: ["service_not_found"],
      handle: ({ params }) => answer(control.service(params.name)),
    }),
    route({
      method: "post",
      path: `${API}/services/{name}/recycle`,
      access: "operate",
      summary: "Begin a service anew: what runs is asked to end first",
      params: NAME_PARAMS,
      query: NOTHING,
      body: z.strictObject({ reason: z.string().min(1).max(500).default("asked for through the API") }),
      answers: now,
      refusals: ["service_not_found", "service_not_running", "invalid_request"],
      handle: async ({ params, body, caller }) => answer(await control.recycleService(params.name, { by: caller.name, reason: body.reason })),
    }),
    route({
      method: "post",
      path: `${API}/services/{name}/stop`,
      access: "operate",
      summary: "Stop a service until somebody starts it",
      params: NAME_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: now,
      refusals: ["service_not_found"],
      handle: async ({ params, caller }) => answer(await control.stopService(params.name, caller.name)),
    }),
    route({
      method: "post",
      path: `${API}/services/{name}/start`,
      access: "operate",
      summary: "Start a service, with a clean slate of restarts",
      params: NAME_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: now,
      refusals: ["service_not_found"],
      handle: async ({ params, caller }) => answer(await control.startService(params.name, caller.name)),
    }),
  ];
}
