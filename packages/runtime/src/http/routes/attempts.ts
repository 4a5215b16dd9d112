import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderAttempt, snakeFields } from "../../query/index.ts";
import { type Reply, json, jsonText } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ATTEMPT, ID_PARAMS, listOf } from "../schemas.ts";
import { logEvents, logNdjson, SSE_HEADERS, streamOf } from "../stream.ts";
import { API, type RouteDeps } from "./deps.ts";

const ATTEMPT_PARAMS = ID_PARAMS.extend({ n: z.coerce.number().int().min(1) });
const SAMPLE = z.looseObject({ at: z.string(), memory_bytes: z.number(), tasks: z.number() });
const FLIGHT = z
  .strictObject({
    attempt_id: z.string(),
    worker_id: z.string(),
    source: z.enum(["journal", "flight file"]),
    memory_budget_bytes: z.number().nullable(),
    samples: z.array(SAMPLE),
    tree: z.looseObject({ at: z.string(), processes: z.array(z.looseObject({ pid: z.number(), command: z.string() })) }).nullable(),
  })
  .openapi("Flight");
const FLAG = z.stringbool().default(false);

export function attemptRoutes({ control, streams, clock }: RouteDeps): readonly Route[] {
  /** Refuses before the first byte is sent: afterwards no status can be given any more. */
  async function refuseUnlessStarted(id: string, n: number): Promise<void> {
    const job = await control.job(id);
    if (job.state === "running" && job.attempts === n) return;
    await control.attempt(id, n);
  }

  return [
    route({
      method: "get",
      path: `${API}/jobs/{id}/attempts/{n}/checkpoint`,
      access: "read",
      summary: "The checkpoint that an attempt began with, as it is stored",
      params: ATTEMPT_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The stored JSON text; null when it began from the start", schema: z.unknown() } },
      refusals: ["job_not_found", "job_gone", "attempt_not_found"],
      async handle({ params }) {
        await refuseUnlessStarted(params.id, params.n);
        return jsonText((await control.beganWith(params.id, params.n)) ?? "null");
      },
    }),
    route({
      method: "get",
      path: `${API}/attempts/{id}`,
      access: "read",
      summary: "Read an attempt by its own id",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The attempt", schema: ATTEMPT } },
      refusals: ["attempt_not_found"],
      async handle({ params }) {
        return json(renderAttempt(await control.attemptById(params.id)));
      },
    }),
    route({
      method: "get",
      path: `${API}/jobs/{id}/attempts`,
      access: "read",
      summary: "The attempts of a job that have ended, with verdict, evidence and leaks",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Oldest first", schema: listOf(ATTEMPT) } },
      refusals: ["job_not_found", "job_gone"],
      async handle({ params }) {
        return json({ items: (await control.attempts(params.id)).map(renderAttempt) });
      },
    }),
    route({
      method: "get",
      path: `${API}/jobs/{id}/attempts/{n}`,
      access: "read",
      summary: "One attempt that has ended",
      params: ATTEMPT_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "The attempt", schema: ATTEMPT } },
      refusals: ["job_not_found", "job_gone", "attempt_not_found"],
      async handle({ params }) {
        return json(renderAttempt(await control.attempt(params.id, params.n)));
      },
    }),
    route({
      method: "get",
      path: `${API}/jobs/{id}/attempts/{n}/flight`,
      access: "read",
      summary: "What the process tree of an attempt was like: samples of memory, pids, CPU, files, output, progress and pressure, also while it runs",
      params: ATTEMPT_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Oldest sample first", schema: FLIGHT } },
      refusals: ["job_not_found", "job_gone", "attempt_not_found"],
      async handle({ params }) {
        return json(snakeFields(await control.flight(params.id, params.n)));
      },
    }),
    route({
      method: "get",
      path: `${API}/jobs/{id}/attempts/{n}/logs`,
      access: "read",
      summary: "What an attempt wrote; by Accept as text/plain, application/x-ndjson or text/event-stream (which follows)",
      params: ATTEMPT_PARAMS,
      query: z.strictObject({ follow: FLAG, from_byte: z.coerce.number().int().min(0).default(0) }),
      body: NOTHING,
      answers: { 200: { description: "The bytes, as they were written", contentType: "text/plain" } },
      refusals: ["invalid_request", "job_not_found", "job_gone", "attempt_not_found"],
      async handle({ params, query, headers }) {
        await refuseUnlessStarted(params.id, params.n);
        const accept = headers.accept ?? "";
        const isEventStream = accept.includes("text/event-stream");
        const fromByte = resumeByte(isEventStream ? headers["last-event-id"] : undefined) ?? query.from_byte;
        const read = (signal: AbortSignal) => control.logs(params.id, params.n, { follow: query.follow || isEventStream, fromByte, signal });
        if (isEventStream)
          return stream(
            SSE_HEADERS,
            streamOf((signal) => logEvents(read(signal), fromByte), streams, clock),
          );
        if (accept.includes("application/x-ndjson"))
          return stream(
            { "content-type": "application/x-ndjson" },
            streamOf((signal) => logNdjson(read(signal), fromByte), streams),
          );
        return stream({ "content-type": "text/plain; charset=utf-8", "x-accel-buffering": "no" }, streamOf(read, streams));
      },
    }),
  ];
}

function stream(headers: Readonly<Record<string, string>>, body: ReadableStream<Uint8Array>): Reply {
  return { status: 200, headers, body };
}

function resumeByte(lastEventId: string | string[] | undefined): number | null {
  if (lastEventId === undefined) return null;
  const byte = Number(lastEventId);
  if (Number.isSafeInteger(byte) && byte >= 0) return byte;
  throw new CofferdamError("invalid_request", "Last-Event-ID is not a byte offset of this log", {
    errors: [{ pointer: "/headers/Last-Event-ID", detail: "is not a number of bytes" }],
  });
}
