import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderJob, renderReason } from "../../query/index.ts";
import { toJobFilter } from "../filter.ts";
import { json, jsonText, jsonWith, NO_CONTENT } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { ENQUEUED, FILTER_FIELDS, ID_PARAMS, JOB, listOf, pageOf, REASON, STATE, TIME } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const COUNT_CAP = 10_000;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const DOCUMENTS = ["input", "result", "checkpoint"] as const;

const LIST_QUERY = z.strictObject({
  ...FILTER_FIELDS,
  cursor: z.string().max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  count: z.enum(["exact", "capped"]).optional(),
});

const INCLUDE = z.preprocess((text) => (typeof text === "string" ? text.split(",") : text), z.array(z.enum(DOCUMENTS))).optional();

export function jobRoutes({ control, options }: RouteDeps): readonly Route[] {
  const readJob = async (id: string) => {
    const job = renderJob(await control.job(id));
    return { job, etag: etagOf(job) };
  };

  return [
    route({
      method: "get",
      path: `${API}/jobs`,
      access: "read",
      summary: "List jobs, newest first",
      params: NOTHING,
      query: LIST_QUERY,
      body: NOTHING,
      answers: { 200: { description: "A page; inputs and results are left out", schema: pageOf(JOB) } },
      refusals: ["invalid_request"],
      async handle({ query: { cursor, limit, count, ...written } }) {
        const filter = toJobFilter(written);
        const page = await control.jobs(filter, { limit, cursor: cursor ?? null });
        const answer = { items: page.items.map((job) => renderJob(job)), next_cursor: page.nextCursor };
        if (count === undefined) return json(answer);
        const value = await control.countJobs(filter, count === "exact" ? COUNT_MAX : COUNT_CAP);
        return json({ ...answer, count: { value, capped: count === "capped" && value >= COUNT_CAP } });
      },
    }),
    route({
      method: "get",
      path: `${API}/jobs/{id}`,
      access: "read",
      summary: "Read a job",
      params: ID_PARAMS,
      query: z.strictObject({ include: INCLUDE }),
      body: NOTHING,
      answers: {
        200: { description: "The job, with an ETag; `include` adds input, result and checkpoint", schema: JOB },
        304: { description: "Not changed since the ETag in If-None-Match" },
      },
      refusals: ["job_not_found", "job_gone"],
      async handle({ params, query, headers }) {
        const { job, etag } = await readJob(params.id);
        const wanted = query.include ?? [];
        // The ETag is the job's own: a checkpoint changes without it.
        if (wanted.length === 0 && headers["if-none-match"] === etag) return { status: 304, headers: { etag }, body: null };
        const texts = await Promise.all(wanted.map((which) => control.document(params.id, which)));
        return jsonWith(job, Object.fromEntries(wanted.map((which, index) => [which, texts[index] ?? null])), { etag });
      },
    }),
    ...DOCUMENTS.map((which) =>
      route({
        method: "get",
        path: `${API}/jobs/{id}/${which}`,
        access: "read",
        summary: `Read a job's ${which} as it is stored`,
        params: ID_PARAMS,
        query: NOTHING,
        body: NOTHING,
        answers: { 200: { description: "The stored JSON text; null when there is none", schema: z.unknown() } },
        refusals: ["job_not_found", "job_gone"],
        async handle({ params }) {
          return jsonText((await control.document(params.id, which)) ?? "null");
        },
      }),
    ),
    route({
      method: "get",
      path: `${API}/jobs/{id}/why`,
      access: "read",
      summary: "Why a job is not running",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Every reason that holds; empty when it runs or has ended", schema: listOf(REASON) } },
      refusals: ["job_not_found", "job_gone"],
      async handle({ params }) {
        return json({ items: (await control.why(params.id)).map(renderReason) });
      },
    }),
    route({
      method: "patch",
      path: `${API}/jobs/{id}`,
      access: "operate",
      summary: "Change a waiting job's priority, time or lane",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ priority: z.number().int().min(-100).max(100).optional(), run_at: TIME.optional(), lane: z.string().optional() }),
      answers: { 200: { description: "The job as it is now", schema: JOB } },
      refusals: ["invalid_request", "job_not_found", "job_gone", "job_running", "job_finished", "precondition_failed", "unknown_lane"],
      async handle({ params, body, headers }) {
        const ifMatch = headers["if-match"];
        if (ifMatch !== undefined) refuseChanged(ifMatch, (await readJob(params.id)).etag);
        const { priority, run_at: runAtMs, lane } = body;
        const change = { ...(priority === undefined ? {} : { priority }), ...(runAtMs === undefined ? {} : { runAtMs }), ...(lane === undefined ? {} : { lane }) };
        const job = renderJob(Object.keys(change).length === 0 ? await control.job(params.id) : await control.change(params.id, change));
        return json(job, { headers: { etag: etagOf(job) } });
      },
    }),
    route({
      method: "delete",
      path: `${API}/jobs/{id}`,
      access: "operate",
      summary: "Remove a job that does not run, with its attempts",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: "Removed" } },
      refusals: ["job_not_found", "job_gone", "job_running"],
      async handle({ params }) {
        await control.remove(params.id);
        return NO_CONTENT;
      },
    }),
    route({
      method: "post",
      path: `${API}/jobs/{id}/cancel`,
      access: "operate",
      summary: "Cancel a job; a running one is asked to end, then ended",
      params: ID_PARAMS,
      query: NOTHING,
      body: z.strictObject({ mode: z.enum(["graceful", "kill"]).default("graceful"), reason: z.string().max(500).default("cancelled through the API") }),
      answers: { 200: { description: "Cancelled", schema: STATE }, 202: { description: "It runs: it is being ended", schema: STATE } },
      refusals: ["job_not_found", "job_gone", "job_finished"],
      async handle({ params, body, caller }) {
        const state = await control.cancel(params.id, { ...body, by: caller.name });
        return json({ id: params.id, state }, { status: state === "cancelling" ? 202 : 200 });
      },
    }),
    route({
      method: "post",
      path: `${API}/jobs/{id}/retry`,
      access: "operate",
      summary: "Run an ended job again; with an input, a new job like it",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      raw: "input",
      bodyBytesMax: options.inputBytesMax + 1024,
      answers: { 200: { description: "It is ready again", schema: ENQUEUED }, 201: { description: "A new job with the other input; its retry_of is this one", schema: ENQUEUED } },
      refusals: ["invalid_json", "job_not_found", "job_gone", "job_not_finished", "unique_key_taken", "invalid_input", "input_too_large"],
      async handle({ params, raw }) {
        if (raw === undefined) return json(await control.retry(params.id));
        const job = await control.retryWithInput(params.id, raw);
        return json(job, { status: 201, headers: { location: `${API}/jobs/${job.id}` } });
      },
    }),
  ];
}

function etagOf(job: ReturnType<typeof renderJob>): string {
  return `"${createHash("sha256").update(JSON.stringify(job)).digest("base64url").slice(0, 22)}"`;
}

function refuseChanged(ifMatch: string, etag: string): void {
  if (ifMatch === "*" || ifMatch.split(",").some((tag) => tag.trim() === etag)) return;
  throw new CofferdamError("precondition_failed", "the job has changed since it was read", { hint: "Read it again and decide anew." });
}
