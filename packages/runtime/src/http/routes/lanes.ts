import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderLane, renderLedger, renderTrip } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { LANE, LEDGER, listOf, TIME, TRIP } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const LANE_PARAMS = z.strictObject({ name: z.string().max(200) });
const WHAT = z.enum(["dispatch", "intake"]).default("dispatch");

export function laneRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/lanes`,
      access: "read",
      summary: "List lanes",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All lanes", schema: listOf(LANE) } },
      async handle() {
        return json({ items: (await control.lanes()).map(renderLane) });
      },
    }),
    route({
      method: "get",
      path: `${API}/lanes/{name}`,
      access: "read",
      summary: "Read a lane",
      params: LANE_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The lane", schema: LANE } },
      refusals: ["lane_not_found"],
      async handle({ params }) {
        const lane = (await control.lanes()).find(({ name }) => name === params.name);
        if (lane === undefined) throw new CofferdamError("lane_not_found", `there is no lane ${JSON.stringify(params.name)}`);
        return json(renderLane(lane));
      },
    }),
    route({
      method: "patch",
      path: `${API}/lanes/{name}`,
      access: "operate",
      summary: "Change how many attempts a lane runs at once, until the next start",
      params: LANE_PARAMS,
      query: NOTHING,
      body: z.strictObject({ concurrency: z.number() }),
      answers: { 200: { description: "The lane as it is now", schema: LANE } },
      refusals: ["lane_not_found", "invalid_request"],
      async handle({ params, body }) {
        return json(renderLane(await control.setLaneConcurrency(params.name, body.concurrency)));
      },
    }),
    route({
      method: "post",
      path: `${API}/lanes/{name}/pause`,
      access: "operate",
      summary: "Pause a lane: `dispatch` accepts and does not run; `intake` refuses with 503 and runs what is there",
      params: LANE_PARAMS,
      query: NOTHING,
      body: z.strictObject({ what: WHAT, reason: z.string().max(500).default("paused through the API"), until: TIME.optional() }),
      answers: { 200: { description: "The lane as it is now", schema: LANE } },
      refusals: ["lane_not_found", "invalid_request"],
      async handle({ params, body }) {
        return json(renderLane(await control.pauseLane(params.name, body.what, { reason: body.reason, untilMs: body.until ?? null })));
      },
    }),
    route({
      method: "post",
      path: `${API}/lanes/{name}/resume`,
      access: "operate",
      summary: "Resume a lane; with `ramp`, and after it has tripped, step by step",
      params: LANE_PARAMS,
      query: NOTHING,
      body: z.strictObject({ what: WHAT, ramp: z.boolean().default(false) }),
      answers: { 200: { description: "The lane as it is now", schema: LANE } },
      refusals: ["lane_not_found"],
      async handle({ params, body }) {
        return json(renderLane(await control.resumeLane(params.name, body.what, body.ramp)));
      },
    }),
    route({
      method: "get",
      path: `${API}/ledger`,
      access: "read",
      summary: "How the memory is shared out: limit, reserved, used, who waits for room, what would fit next",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The ledger now", schema: LEDGER } },
      handle: () => json(renderLedger(control.ledger())),
    }),
    route({
      method: "get",
      path: `${API}/trips`,
      access: "read",
      summary: "Lanes and job types that are held back because too much failed in them",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All that are held back now", schema: listOf(TRIP) } },
      handle: () => json({ items: control.trips().map(renderTrip) }),
    }),
    route({
      method: "post",
      path: `${API}/trips/{scope}/{name}/resume`,
      access: "operate",
      summary: "Let a lane or job type that has tripped begin again at once, one attempt at a time",
      params: z.strictObject({ scope: z.enum(["lane", "type"]), name: z.string().max(200) }),
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "It comes back step by step", schema: TRIP } },
      refusals: ["trip_not_found"],
      handle: ({ params }) => json(renderTrip(control.resumeTrip(params.scope, params.name))),
    }),
  ];
}
