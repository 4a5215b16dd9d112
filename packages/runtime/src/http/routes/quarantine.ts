import { z } from "@hono/zod-openapi";
import { renderJob } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ID_PARAMS, JOB, pageOf, STATE } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

export function quarantineRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "post",
      path: `${API}/jobs/{id}/adopt`,
      access: "operate",
      summary: "End a job that failed, was cancelled or waits in quarantine as succeeded, with a result that was found apart from the queue (a replay)",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ summary: z.string().min(1).max(500) }),
      raw: "result",
      bodyBytesMax: 17 * 1024 * 1024,
      answers: { 200: { description: "The job as it is now", schema: JOB } },
      refusals: ["invalid_json", "invalid_request", "job_not_found", "job_gone", "job_not_finished", "job_finished", "input_too_large"],
      async handle({ params, body, raw }) {
        return json(renderJob(await control.adoptResult(params.id, { result: raw ?? null, summary: body.summary })));
      },
    }),
    route({
      method: "get",
      path: `${API}/quarantine`,
      access: "read",
      summary: "Jobs that must not run again unattended",
      params: NOTHING,
      query: z.strictObject({
        lane: z.string().optional(),
        type: z.string().optional(),
        cursor: z.string().max(1000).optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(50),
      }),
      body: NOTHING,
      answers: { 200: { description: "A page, newest first", schema: pageOf(JOB) } },
      refusals: ["invalid_request"],
      async handle({ query: { lane, type, cursor, limit } }) {
        const filter = { states: ["quarantined"] as const, ...(lane === undefined ? {} : { lane }), ...(type === undefined ? {} : { type }) };
        const page = await control.jobs(filter, { limit, cursor: cursor ?? null });
        return json({ items: page.items.map((job) => renderJob(job)), next_cursor: page.nextCursor });
      },
    }),
    route({
      method: "post",
      path: `${API}/quarantine/{id}/release`,
      access: "operate",
      summary: "Let a quarantined job run again, in another lane if one is given",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ lane: z.string().optional() }),
      answers: { 200: { description: "It is ready", schema: STATE } },
      refusals: ["job_not_found", "job_not_quarantined", "unknown_lane"],
      async handle({ params, body }) {
        await control.releaseQuarantined(params.id, body.lane ?? null);
        return json({ id: params.id, state: "ready" });
      },
    }),
    route({
      method: "post",
      path: `${API}/quarantine/{id}/discard`,
      access: "operate",
      summary: "End a quarantined job for good; its record is kept",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "It has failed for good", schema: STATE } },
      refusals: ["job_not_found", "job_not_quarantined"],
      async handle({ params }) {
        await control.discardQuarantined(params.id);
        return json({ id: params.id, state: "failed" });
      },
    }),
  ];
}
