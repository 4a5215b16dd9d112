import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderSchedule } from "../../query/index.ts";
import { json, NO_CONTENT } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ENQUEUED, listOf, SCHEDULE } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const KEY_PARAMS = z.strictObject({ key: z.string().max(200) });
const SCHEDULE_REQUEST = z.strictObject({
  type: z.string().min(1),
  cron: z.string().min(1).max(200),
  time_zone: z.string().max(100).optional(),
  lane: z.string().optional(),
  overlap: z.enum(["skip", "queue"]).optional(),
  catch_up: z.enum(["latest", "none"]).optional(),
});

export function scheduleRoutes({ control, options }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/schedules`,
      access: "read",
      summary: "List schedules",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All schedules", schema: listOf(SCHEDULE) } },
      async handle() {
        return json({ items: (await control.schedules()).map(renderSchedule) });
      },
    }),
    route({
      method: "get",
      path: `${API}/schedules/{key}`,
      access: "read",
      summary: "Read a schedule",
      params: KEY_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The schedule", schema: SCHEDULE } },
      refusals: ["schedule_not_found"],
      async handle({ params }) {
        const schedule = (await control.schedules()).find(({ key }) => key === params.key);
        if (schedule === undefined) throw new CofferdamError("schedule_not_found", `there is no schedule ${JSON.stringify(params.key)}`);
        return json(renderSchedule(schedule));
      },
    }),
    route({
      method: "put",
      path: `${API}/schedules/{key}`,
      access: "operate",
      summary: "Create or replace a schedule",
      params: KEY_PARAMS,
      query: NOTHING,
      body: SCHEDULE_REQUEST,
      raw: "input",
      bodyBytesMax: options.inputBytesMax + 64 * 1024,
      answers: { 200: { description: "Replaced", schema: SCHEDULE }, 201: { description: "Created", schema: SCHEDULE } },
      refusals: ["invalid_json", "invalid_request", "invalid_option", "invalid_input", "unknown_job_type", "unknown_lane", "schedule_defined"],
      async handle({ params, body, raw }) {
        const { outcome, schedule } = await control.putSchedule({
          key: params.key,
          type: body.type,
          cron: body.cron,
          ...(body.time_zone === undefined ? {} : { timeZone: body.time_zone }),
          ...(raw === undefined ? {} : { input: raw }),
          ...(body.lane === undefined ? {} : { lane: body.lane }),
          ...(body.overlap === undefined ? {} : { overlap: body.overlap }),
          ...(body.catch_up === undefined ? {} : { catchUp: body.catch_up }),
        });
        return json(renderSchedule(schedule), { status: outcome === "created" ? 201 : 200 });
      },
    }),
    route({
      method: "delete",
      path: `${API}/schedules/{key}`,
      access: "operate",
      summary: "Remove a schedule",
      params: KEY_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: "Removed" } },
      refusals: ["schedule_not_found", "schedule_defined"],
      async handle({ params }) {
        await control.removeSchedule(params.key);
        return NO_CONTENT;
      },
    }),
    route({
      method: "post",
      path: `${API}/schedules/{key}/run`,
      access: "operate",
      summary: "Run a schedule's job now",
      params: KEY_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 201: { description: "The job", schema: ENQUEUED } },
      refusals: ["schedule_not_found", "intake_paused", "lane_full"],
      async handle({ params }) {
        const job = await control.runSchedule(params.key);
        return json(job, { status: 201, headers: { location: `${API}/jobs/${job.id}` } });
      },
    }),
    ...(["pause", "resume"] as const).map((verb) =>
      route({
        method: "post",
        path: `${API}/schedules/{key}/${verb}`,
        access: "operate",
        summary: `${verb === "pause" ? "Pause" : "Resume"} a schedule`,
        params: KEY_PARAMS,
        query: NOTHING,
        body: NOTHING,
        answers: { 200: { description: "The schedule as it is now", schema: SCHEDULE } },
        refusals: ["schedule_not_found"],
        async handle({ params }) {
          return json(renderSchedule(await control.pauseSchedule(params.key, verb === "pause")));
        },
      }),
    ),
  ];
}
