import { Hono } from "hono";
import { Refusal } from "../errors.ts";
import { createPieceSource } from "../parse/read-pieces.ts";
import { findNewest, findSummary } from "../query/profiles.ts";
import type { Service } from "../service.ts";
import { addressOf } from "./access.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { App, AppEnvironment } from "./types.ts";

const READY_IN_SECONDS = 30;

export function profileRoutes(service: Service): App {
  const app = new Hono<AppEnvironment>();
  const { database } = service;
  const limit = createRateLimit(service.settings.summariesPerMinute, Date.now);

  app.get("/summary/:namecode", async (context) => {
    limit.take(context, addressOf(context));
    const namecode = context.req.param("namecode");
    const found = await findSummary(database.read, namecode);
    if (found.kind === "ready") return context.json(found.summary);
    if (found.kind === "pending") {
      context.header("retry-after", String(READY_IN_SECONDS));
      return context.json({ message: "the profile is being processed", estimated_ready_in_seconds: READY_IN_SECONDS }, 202);
    }
    throw new Refusal("NOT_FOUND", `there is no profile ${JSON.stringify(namecode.slice(0, 100))}`);
  });

  app.get("/raw/:namecode", async (context) => {
    const namecode = context.req.param("namecode");
    const newest = await findNewest(database.read, namecode);
    if (newest === null) throw new Refusal("NOT_FOUND", `there is no profile ${JSON.stringify(namecode.slice(0, 100))}`);
    const pieces = createPieceSource(database.read, newest.uploadId);
    return context.body(ReadableStream.from(pieces()), 200, {
      "content-type": "application/json",
      "content-length": String(newest.sizeBytes),
      etag: `"${newest.contentHash}"`,
      "x-snapshot-id": String(newest.id),
    });
  });

  return app;
}
