import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { ShuttingDownError } from "../conduct/conductor.ts";
import { isActive } from "../runs/run-status.ts";
import { currentRun, findRun, listRuns, readFreshness, viewRun, viewRunInFull } from "../runs/run-view.ts";
import { SOURCE_NAMES } from "../sources/item.ts";
import { problem } from "./problem.ts";
import type { Services } from "./services.ts";
import { streamRun } from "./stream-run.ts";

const triggerBody = z.object({ mode: z.enum(["join", "refuse"]).default("join"), source: z.enum(SOURCE_NAMES).optional() });
const runsQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(5) });
const BODY_BYTES_MAX = 64 * 1024;

export function scraperRoutes(services: Services): Hono {
  const { conductor, database, now } = services;
  const app = new Hono();
  app.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (context) => problem(context, 413, "oversize", `a request has at most ${BODY_BYTES_MAX} bytes`) }));
  app.post("/trigger", async (context) => {
    const body = triggerBody.safeParse(await readJson(context));
    if (!body.success) return problem(context, 422, "invalid_request", wordIssues(body.error));
    const { mode, source } = body.data;
    const { kind, run } = await conductor.trigger({ trigger: "api", sources: source === undefined ? SOURCE_NAMES : [source], mode });
    if (kind === "refused")
      return problem(context, 409, "run_active", `run ${run.id} is active`, { success: false, run_id: run.id, run_url: urlOf(run.id), run_status: run.status });
    const joined = kind === "joined";
    return accepted(context, { message: joined ? "A run is active; joined it" : "Run started", run_id: run.id, status: run.status, joined });
  });
  app.get("/status", async (context) => {
    const row = await currentRun(database.read);
    const run = row === null ? null : await viewRun(database.read, row);
    return context.json({ active: row !== null && isActive(row.status), run, ...(await readFreshness(database.read, now())) });
  });
  app.get("/runs", async (context) => {
    const query = runsQuery.safeParse(context.req.query());
    return query.success ? context.json({ runs: await listRuns(database.read, query.data.limit) }) : problem(context, 422, "invalid_request", wordIssues(query.error));
  });
  app.get("/runs/:id", async (context) => {
    const row = await findRun(database.read, context.req.param("id"));
    return row === null ? noSuchRun(context) : context.json(await viewRunInFull(database.read, row));
  });
  app.get("/runs/:id/events", async (context) => {
    const row = await findRun(database.read, context.req.param("id"));
    return row === null ? noSuchRun(context) : streamRun(context, row.id, services);
  });
  app.post("/runs/:id/cancel", async (context) => {
    const cancelled = await conductor.cancel(context.req.param("id"));
    if (cancelled.kind === "missing") return noSuchRun(context);
    if (cancelled.kind === "wrong-state") return problem(context, 409, "wrong_state", `this run is ${cancelled.status}: only one that is active can be cancelled`);
    return accepted(context, { message: "The run is being cancelled", run_id: cancelled.run.id, status: cancelled.run.status });
  });
  app.post("/runs/:id/resume", async (context) => {
    const resumed = await conductor.resume(context.req.param("id"));
    if (resumed.kind === "missing") return noSuchRun(context);
    if (resumed.kind === "wrong-state")
      return problem(context, 409, "wrong_state", `this run is ${resumed.status}: only one that was interrupted, failed or cancelled can be resumed`);
    return accepted(context, { message: "The run goes on", run_id: resumed.run.id, status: resumed.run.status, joined: false });
  });
  app.onError((error, context) => {
    if (!(error instanceof ShuttingDownError)) throw error;
    context.header("retry-after", "10");
    return problem(context, 503, "shutting_down", "the service is shutting down");
  });
  return app;
}

function accepted(context: Context, answer: { readonly run_id: string; readonly message: string; readonly status: string; readonly joined?: boolean }): Response {
  context.header("location", urlOf(answer.run_id));
  const { message, run_id, status, ...rest } = answer;
  return context.json({ success: true, message, run_id, run_url: urlOf(run_id), status, ...rest }, 202);
}

function urlOf(runId: string): string {
  return `/scraper/runs/${runId}`;
}

function noSuchRun(context: Context): Response {
  return problem(context, 404, "not_found", "there is no such run");
}

/** No body is the same as an empty one. */
async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function wordIssues(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`)).join("; ");
}
