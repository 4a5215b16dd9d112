import { z } from "@hono/zod-openapi";
import { FAULTS } from "../../model/index.ts";
import { renderChaos } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { CHAOS } from "../learning-schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const REQUEST = z.strictObject({
  rate: z.number(),
  faults: z.array(z.enum(FAULTS)).default([...FAULTS]),
  for_seconds: z.number(),
  type: z.string().max(200).optional(),
  force: z.boolean().default(false),
});

export function chaosRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/chaos`,
      access: "read",
      summary: "What the last fault injection did, and what became of the jobs that it hit",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The report now", schema: CHAOS } },
      async handle() {
        return json(renderChaos(await control.chaosReport()));
      },
    }),
    route({
      method: "post",
      path: `${API}/chaos`,
      access: "admin",
      summary: "Inject faults into running attempts for a while; refused in production unless forced",
      params: NOTHING,
      query: NOTHING,
      body: REQUEST,
      answers: { 202: { description: "Begun", schema: CHAOS } },
      refusals: ["invalid_request", "chaos_refused"],
      async handle({ body }) {
        control.startChaos({ rate: body.rate, faults: body.faults, durationMs: body.for_seconds * 1000, type: body.type ?? null, force: body.force });
        return json(renderChaos(await control.chaosReport()), { status: 202 });
      },
    }),
    route({
      method: "delete",
      path: `${API}/chaos`,
      access: "admin",
      summary: "Stop injecting faults",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The report", schema: CHAOS } },
      async handle() {
        control.stopChaos();
        return json(renderChaos(await control.chaosReport()));
      },
    }),
  ];
}
