import { z } from "@hono/zod-openapi";
import { PRESSURE_LEVELS } from "../../model/index.ts";
import { renderActivity } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { WORKER } from "../schemas.ts";
import { beats, SSE_HEADERS, streamOf } from "../stream.ts";
import { API, type RouteDeps } from "./deps.ts";

const FRAME_MS = 1000;

const ACTIVITY = z
  .strictObject({
    kind: z.literal("activity"),
    at: z.string(),
    workers: z.array(
      z.strictObject({
        worker: WORKER,
        cpu_seconds: z.number().nullable(),
        progress: z.strictObject({ done: z.number().nullable(), total: z.number().nullable(), note: z.string().nullable(), at: z.string() }).nullable(),
      }),
    ),
    memory: z.strictObject({
      capacity_bytes: z.number().nullable(),
      reserved_bytes: z.number(),
      used_bytes: z.number(),
      available_bytes: z.number(),
      pressure: z.enum(PRESSURE_LEVELS),
    }),
  })
  .openapi("Activity");

export function activityRoutes({ control, clock, streams }: RouteDeps): readonly Route[] {
  const frame = () => renderActivity({ atMs: clock.nowMs(), workers: control.activity(), ledger: control.ledger() });

  async function* frames(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    for await (const _ of beats(clock, FRAME_MS, signal)) yield encoder.encode(`event: activity\ndata: ${JSON.stringify(frame())}\n\n`);
  }

  return [
    route({
      method: "get",
      path: `${API}/activity`,
      access: "read",
      summary: "What every worker does now: memory, CPU, processes, progress, the largest first; by Accept as application/json or text/event-stream (a frame each second)",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "One frame", schema: ACTIVITY } },
      handle({ headers }) {
        if (!(headers.accept ?? "").includes("text/event-stream")) return json(frame());
        return { status: 200, headers: SSE_HEADERS, body: streamOf(frames, streams) };
      },
    }),
  ];
}
