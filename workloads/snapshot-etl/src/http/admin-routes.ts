import { Hono } from "hono";
import type { BackfillRow } from "../backfill/rows.ts";
import { findBackfill } from "../backfill/rows.ts";
import { Refusal } from "../errors.ts";
import { listDeadLetters, listQuarantine, readStatus } from "../query/snapshots.ts";
import type { Service } from "../service.ts";
import { isTypeName } from "../work-types.ts";
import { actorOf, assertAllowed } from "./access.ts";
import { backfillBody, laneQuery, limitQuery, parse, readBody, reasonBody, snapshotId } from "./parameters.ts";
import type { App, AppContext, AppEnvironment } from "./types.ts";

export function adminRoutes(service: Service): App {
  const app = new Hono<AppEnvironment>();
  const { operations, database } = service;
  app.use(async (context, next) => {
    assertAllowed(context, service.settings.adminApiKey);
    await next();
  });

  app.post("/snapshots/:id/reprocess", async (context) => {
    const { jobId } = await operations.reprocess(snapshotId(context), parse(laneQuery, context.req.query("lane")), actorOf(context));
    return context.json({ job_id: jobId, status: "enqueued" }, 202);
  });
  app.get("/snapshots/:id/status", async (context) => {
    const status = await readStatus(database.read, snapshotId(context));
    if (status === null) throw new Refusal("NOT_FOUND", `there is no snapshot ${context.req.param("id")}`);
    return context.json(status);
  });

  app.get("/quarantine", async (context) => context.json({ quarantine: await listQuarantine(database.read, parse(limitQuery, context.req.query("limit"))) }));
  app.post("/quarantine/:id/release", async (context) => {
    const { jobId } = await operations.release(snapshotId(context), parse(laneQuery, context.req.query("lane")), actorOf(context));
    return context.json({ job_id: jobId, status: "enqueued" }, 202);
  });

  app.get("/dead-letters", async (context) => context.json({ dead_letters: await listDeadLetters(database.read, parse(limitQuery, context.req.query("limit"))) }));
  app.post("/dead-letters/replay", async (context) => {
    const snapshots = await operations.replayDeadLetters(parse(limitQuery, context.req.query("limit")), actorOf(context));
    return context.json({ status: "enqueued", replayed: snapshots.length, snapshot_ids: snapshots }, 202);
  });

  addSwitches(app, service);
  addBackfills(app, service);
  return app;
}

function addSwitches(app: App, { operations }: Service): void {
  const reasonOf = async (context: AppContext): Promise<string> => parse(reasonBody, await readBody(context)).reason ?? `paused by ${actorOf(context)}`;
  const typeOf = (context: AppContext) => {
    const type = context.req.param("type") ?? "";
    if (!isTypeName(type)) throw new Refusal("NOT_FOUND", `there is no job type ${type}`);
    return type;
  };
  app.post("/ingest/pause", async (context) => {
    await operations.pauseIngest(await reasonOf(context), actorOf(context));
    return context.json({ ingest: { paused: true } });
  });
  app.post("/ingest/resume", async (context) => {
    await operations.resumeIngest(actorOf(context));
    return context.json({ ingest: { paused: false } });
  });
  app.post("/types/:type/pause", async (context) => {
    const type = typeOf(context);
    await operations.pauseType(type, await reasonOf(context), actorOf(context));
    return context.json({ type, paused: true });
  });
  app.post("/types/:type/resume", async (context) => {
    const type = typeOf(context);
    await operations.resumeType(type, actorOf(context));
    return context.json({ type, paused: false });
  });
}

function addBackfills(app: App, { operations, database }: Service): void {
  app.post("/backfill", async (context) => {
    const { dry_run, batch_size, ...body } = parse(backfillBody, await readBody(context));
    const request = { ...body, batchSize: batch_size };
    if (dry_run) return context.json({ dry_run: true, from: body.from, to: body.to, ...(await operations.measureBackfill(request)) });
    return context.json(viewBackfill(await operations.startBackfill(request, actorOf(context))), 202);
  });
  app.get("/backfill/:job", async (context) => {
    const row = await findBackfill(database.read, context.req.param("job"));
    if (row === null) throw new Refusal("NOT_FOUND", `there is no backfill ${context.req.param("job")}`);
    return context.json(viewBackfill(row));
  });
  app.post("/backfill/:job/pause", async (context) => context.json(viewBackfill(await operations.pauseBackfill(context.req.param("job"), actorOf(context)))));
  app.post("/backfill/:job/resume", async (context) => context.json(viewBackfill(await operations.resumeBackfill(context.req.param("job"), actorOf(context)))));
}

export function viewBackfill({ from_ts, to_ts, node: _node, judged_from: _judged, ...row }: BackfillRow): object {
  return { ...row, from: from_ts, to: to_ts };
}
