import { z } from "@hono/zod-openapi";
import { renderMarkdown } from "../../incident/index.ts";
import { INCIDENT_CAUSES, INCIDENT_STATES } from "../../model/index.ts";
import { renderIncident, renderReport, snakeFields } from "../../query/index.ts";
import { json, type Reply } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ID_PARAMS, INCIDENT, pageOf } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

/** The report's parts are described in docs/guides/incidents.md; its JSON is versioned. */
const REPORT = z.looseObject({ version: z.literal(1), incident: INCIDENT }).openapi("IncidentReport");
const VALIDATION = z.looseObject({ id: z.string(), incident_id: z.string(), state: z.enum(["watching", "passed", "failed"]) }).openapi("Validation");
const RULES_MAX = 20;

export function incidentRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/incidents`,
      access: "read",
      summary: "Incidents, last seen first",
      params: NOTHING,
      query: z.strictObject({
        state: z.enum(INCIDENT_STATES).optional(),
        type: z.string().max(200).optional(),
        cause: z.enum(INCIDENT_CAUSES).optional(),
        cursor: z.string().max(1000).optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(50),
      }),
      body: NOTHING,
      answers: { 200: { description: "A page", schema: pageOf(INCIDENT) } },
      refusals: ["invalid_request"],
      async handle({ query: { state, type, cause, cursor, limit } }) {
        const filter = { ...(state === undefined ? {} : { states: [state] }), ...(type === undefined ? {} : { type }), ...(cause === undefined ? {} : { cause }) };
        const page = await control.incidents(filter, { limit, cursor: cursor ?? null });
        return json({ items: page.items.map(renderIncident), next_cursor: page.nextCursor });
      },
    }),
    route({
      method: "get",
      path: `${API}/incidents/{id}`,
      access: "read",
      summary: "The report of an incident; by Accept as application/json, text/markdown (memory curve as SVG) or text/plain (curve as text)",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The report", schema: REPORT } },
      refusals: ["incident_not_found"],
      async handle({ params, headers }) {
        const report = await control.incidentReport(params.id);
        const accept = headers.accept ?? "";
        if (accept.includes("text/markdown")) return text("text/markdown", renderMarkdown(report, "svg"));
        if (accept.includes("text/plain")) return text("text/plain", renderMarkdown(report, "text"));
        return json(renderReport(report));
      },
    }),
    route({
      method: "patch",
      path: `${API}/incidents/{id}`,
      access: "operate",
      summary: "Acknowledge, resolve (in a release) or reopen an incident, and add a note",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({
        state: z.enum(["open", "acknowledged", "resolved"]).optional(),
        resolved_in_release: z.string().min(1).max(200).nullable().default(null),
        note: z.string().min(1).max(4000).optional(),
      }),
      answers: { 200: { description: "The incident as it is now", schema: INCIDENT } },
      refusals: ["invalid_request", "incident_not_found", "incident_state"],
      async handle({ params, body, caller }) {
        const change = { state: body.state ?? null, resolvedInRelease: body.resolved_in_release, note: body.note ?? null, by: caller.name };
        return json(renderIncident(await control.changeIncident(params.id, change)));
      },
    }),
    route({
      method: "post",
      path: `${API}/incidents/{id}/validations`,
      access: "operate",
      summary: 'Have the runtime watch that a fix holds, by rules such as "pids < 150 for 24h"',
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ rules: z.array(z.string().max(200)).min(1).max(RULES_MAX) }),
      answers: { 201: { description: "Under watch", schema: VALIDATION } },
      refusals: ["invalid_request", "invalid_option", "incident_not_found"],
      async handle({ params, body }) {
        return json(snakeFields(await control.validateIncident(params.id, body.rules)), { status: 201 });
      },
    }),
  ];
}

function text(contentType: string, body: string): Reply {
  return { status: 200, headers: { "content-type": `${contentType}; charset=utf-8`, vary: "Accept" }, body };
}
