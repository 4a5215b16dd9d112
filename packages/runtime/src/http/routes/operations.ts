import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { OPERATION_ACTIONS, type Operation } from "../../control/index.ts";
import { rfc3339 } from "../../query/index.ts";
import { toJobFilter } from "../filter.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { FILTER, ID_PARAMS, OPERATION } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const PREVIEW_CAP = 1_000_000;

const OPERATION_REQUEST = z.strictObject({
  action: z.enum(OPERATION_ACTIONS),
  filter: FILTER,
  dry_run: z.boolean().default(false),
  reason: z.string().max(500).default("changed through the API"),
  lane: z.string().max(200).optional(),
  canary: z.number().int().min(0).max(100).default(0),
  cursor: z.string().max(1000).optional(),
});

const PREVIEW = z.strictObject({ dry_run: z.literal(true), action: z.string(), matched: z.number().int(), capped: z.boolean() });

export function operationRoutes({ operations }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "post",
      path: `${API}/operations`,
      access: "operate",
      summary: "Change every job that a filter selects, in the background",
      params: NOTHING,
      query: NOTHING,
      body: OPERATION_REQUEST,
      answers: {
        200: { description: "With dry_run: how many jobs it would touch", schema: PREVIEW },
        202: { description: "Begun; Location says where to look", schema: OPERATION },
      },
      refusals: ["invalid_request", "invalid_json", "unknown_lane"],
      async handle({ body, caller }) {
        const { action, reason, lane, canary, cursor } = body;
        if (Object.keys(body.filter).length === 0) {
          throw new CofferdamError("invalid_request", "an empty filter would select every job", {
            hint: "Name at least one field.",
            errors: [{ pointer: "/filter", detail: "is empty" }],
          });
        }
        const request = { action, filter: toJobFilter(body.filter), by: caller.name, reason, lane: lane ?? null, canary, cursor: cursor ?? null };
        if (body.dry_run) {
          const matched = await operations.preview(request, PREVIEW_CAP);
          return json({ dry_run: true, action, matched, capped: matched >= PREVIEW_CAP });
        }
        const operation = await operations.start(request);
        return json(renderOperation(operation), { status: 202, headers: { location: `${API}/operations/${operation.id}` } });
      },
    }),
    route({
      method: "get",
      path: `${API}/operations/{id}`,
      access: "read",
      summary: "How far an operation has come",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The operation", schema: OPERATION } },
      refusals: ["operation_not_found"],
      handle({ params }) {
        return json(renderOperation(operations.find(params.id)));
      },
    }),
  ];
}

function renderOperation(operation: Operation) {
  return {
    id: operation.id,
    action: operation.action,
    state: operation.state,
    created_at: rfc3339(operation.createdAtMs),
    ended_at: rfc3339(operation.endedAtMs),
    seen: operation.seen,
    changed: operation.changed,
    skipped: operation.skipped,
    failed: operation.failed,
    failures: operation.failures.map(({ jobId, detail }) => ({ job_id: jobId, detail })),
    canary: operation.canary === null ? null : { job_ids: operation.canary.jobIds, outcome: operation.canary.outcome },
    cursor: operation.cursor,
  };
}
