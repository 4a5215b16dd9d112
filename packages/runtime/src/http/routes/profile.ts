import { z } from "@hono/zod-openapi";
import { jsonText } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ID_PARAMS } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const SECONDS_MAX = 60;

export function profileRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "post",
      path: `${API}/jobs/{id}/profile`,
      access: "operate",
      summary: "Sample the CPU or the heap of a running Node job for a while; answers with the profile for Chrome's developer tools",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ kind: z.enum(["cpu", "heap"]).default("cpu"), seconds: z.number().min(0.1).max(SECONDS_MAX).default(5) }),
      answers: { 200: { description: "A .cpuprofile or .heapprofile", schema: z.looseObject({}) } },
      refusals: ["invalid_request", "job_not_found", "job_gone", "not_profiled"],
      async handle({ params, body }) {
        return jsonText(await control.profile(params.id, body.kind, Math.round(body.seconds * 1000)));
      },
    }),
  ];
}
