import { z } from "@hono/zod-openapi";
import { BREAKER_STATES } from "../../model/index.ts";
import { renderBreaker } from "../../query/index.ts";
import { json, NO_CONTENT } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { BREAKER } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const KEY_PARAMS = z.strictObject({ key: z.string().min(1).max(200) });
const LIMIT_MAX = 1000;
const OPEN_SECONDS_MAX = 30 * 86_400;

export function breakerRoutes({ control, clock }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/breakers`,
      access: "read",
      summary: "List breakers that remember something, by key",
      params: NOTHING,
      query: z.strictObject({
        state: z.enum(BREAKER_STATES).optional(),
        prefix: z.string().max(200).optional(),
        cursor: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100),
      }),
      body: NOTHING,
      answers: { 200: { description: "A page", schema: z.strictObject({ items: z.array(BREAKER), next_cursor: z.string().nullable() }) } },
      refusals: ["invalid_request"],
      handle({ query }) {
        const { state, prefix = "", cursor = "", limit } = query;
        const nowMs = clock.nowMs();
        const found = control
          .breakers()
          .filter(({ key }) => key > cursor && key.startsWith(prefix))
          .map((record) => renderBreaker(record, nowMs))
          .filter((breaker) => state === undefined || breaker.state === state);
        const items = found.slice(0, limit);
        return json({ items, next_cursor: found.length > limit ? (items.at(-1)?.key ?? null) : null });
      },
    }),
    route({
      method: "get",
      path: `${API}/breakers/{key}`,
      access: "read",
      summary: "Read a breaker",
      params: KEY_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The breaker", schema: BREAKER } },
      refusals: ["breaker_not_found"],
      handle: ({ params }) => json(renderBreaker(control.breaker(params.key), clock.nowMs())),
    }),
    route({
      method: "post",
      path: `${API}/breakers/{key}/trip`,
      access: "operate",
      summary: "Open a breaker by hand",
      params: KEY_PARAMS,
      query: NOTHING,
      body: z.strictObject({ evidence: z.string().min(1).max(2000), for_seconds: z.number().positive().max(OPEN_SECONDS_MAX).default(300) }),
      answers: { 200: { description: "The breaker as it is now", schema: BREAKER } },
      refusals: ["invalid_request"],
      async handle({ params, body, caller }) {
        const record = await control.tripBreaker(params.key, { by: caller.name, evidence: body.evidence, forMs: Math.ceil(body.for_seconds * 1000) });
        return json(renderBreaker(record, clock.nowMs()));
      },
    }),
    route({
      method: "post",
      path: `${API}/breakers/{key}/reset`,
      access: "operate",
      summary: "Close a breaker and forget what it remembers",
      params: KEY_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: "Closed" } },
      refusals: ["breaker_not_found"],
      async handle({ params, caller }) {
        await control.resetBreaker(params.key, caller.name);
        return NO_CONTENT;
      },
    }),
  ];
}
