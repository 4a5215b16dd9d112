import { randomUUID } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { messageOf } from "workload-command-line";
import * as z from "zod";
import { isTest, readMatchUrl, type MatchAddress } from "../match/match-url.ts";
import { envelope, refuse } from "./answers.ts";
import { readHealth, readMetrics } from "./health.ts";
import type { Services } from "./services.ts";
import { streamEvents } from "./stream-events.ts";

const MEMORY_BYTES_MIN = 500 * 1024 * 1024;
const LIST_MAX = 10_000;

const startBody = z.object({ url: z.string(), match_id: z.string().nullish() });
const stopBody = z.object({ url: z.string() });
const recycleBody = z.object({ match_id: z.string() });
const listBody = z.array(z.string()).max(LIST_MAX);

/** The whole HTTP interface. */
export function createApp(services: Services): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 4 * 1024 * 1024, onError: (context) => refuse(context, 413, "too_large", "the body is larger than 4 MB") }));
  app.use(async (context, next) => {
    await next();
    context.header("x-content-type-options", "nosniff");
  });
  watchRoutes(app, services);
  matchRoutes(app, services);
  readRoutes(app, services);
  app.notFound((context) => refuse(context, 404, "not_found", `there is nothing at ${context.req.path}`));
  app.onError((error, context) => refuse(context, 500, "failed", messageOf(error)));
  return app;
}

/** `/metrics` alone, for its own port. */
export function createMetricsApp(services: Services): Hono {
  const app = new Hono();
  app.get("/metrics", async (context) => context.text(await readMetrics(services), 200, { "content-type": services.metrics.contentType }));
  return app;
}

function watchRoutes(app: Hono, services: Services): void {
  for (const path of ["/health", "/api/v1/scraper/health"])
    app.get(path, (context) => {
      const { status, body } = readHealth(services);
      return context.json(body, status);
    });
  app.route("/", createMetricsApp(services));
  app.get("/scrape-live-matches-link", (context) => {
    const status = services.discovery.begin() === "started" ? "started" : "Already running";
    return context.json({ ...envelope({ status }), status });
  });
}

function matchRoutes(app: Hono, services: Services): void {
  app.post("/start-scrape", async (context) => {
    const correlationId = context.req.header("x-correlation-id") ?? randomUUID();
    const match = readAddress((await readBody(context, startBody))?.url);
    if (match === null) return refuse(context, 400, "invalid_url", "url: the address of a match is needed, /scoreboard/{match}/{series}/{label}/{team}/{team}/{slug}/live");
    if (services.restartPending() !== null) return refuse(context, 503, "shutting_down", "the service is ending");
    if (services.freeMemoryBytes() < MEMORY_BYTES_MIN) return refuse(context, 503, "memory_low", "less than 500 MB of memory are free");
    const isNew = await services.matches.start({ matchKey: match.matchKey, url: match.path });
    return context.json({ status: isNew ? "started" : "already_running", correlation_id: correlationId, match_id: match.matchKey });
  });
  app.post("/stop-scrape", async (context) => {
    const match = readAddress((await readBody(context, stopBody))?.url);
    if (match === null || !(await services.matches.stop(match.matchKey))) return refuse(context, 400, "unknown_match", "no live match has this url");
    return context.json({ status: "stopped", match_id: match.matchKey });
  });
  app.post("/recycle", async (context) => {
    const matchKey = (await readBody(context, recycleBody))?.match_id;
    if (matchKey === undefined || !services.pollers.recycle(matchKey)) return refuse(context, 404, "unknown_match", "no poller has this match_id");
    return context.json({ status: "recycling", match_id: matchKey }, 202);
  });
  app.post("/cricket-data/add-live-matches", async (context) => {
    const urls = await readBody(context, listBody);
    const addresses = urls?.map(readMatchUrl) ?? null;
    if (addresses === null || addresses.includes(null))
      return refuse(context, 400, "invalid_list", "the body is the complete list of live matches: a JSON array of their addresses");
    const listed = addresses.flatMap((each) => (each === null ? [] : [{ matchKey: each.matchKey, url: each.path }]));
    const events = await services.matches.applyList({ matches: listed, isComplete: true });
    const urlsOf = (kind: string): string[] => events.filter(({ event }) => event === kind).map(({ url }) => url);
    return context.json({ added: urlsOf("added"), deleted: urlsOf("deleted"), revived: urlsOf("revived") });
  });
}

function readRoutes(app: Hono, services: Services): void {
  app.get("/cricket-data/last-updated-data", async (context) => {
    const match = readAddress(context.req.query("url"));
    // By its key: whoever has an earlier address of the match asks for the same one.
    const row =
      match === null
        ? undefined
        : await services.database.read
            .selectFrom("cricket_data")
            .innerJoin("live_matches", "live_matches.url", "cricket_data.url")
            .selectAll("cricket_data")
            .where("match_key", "=", match.matchKey)
            .executeTakeFirst();
    if (match === null || row === undefined) return refuse(context, 404, "unknown_match", "nothing is known of this url");
    if (row.polled_at !== null) {
      context.header("X-Data-Freshness", row.polled_at);
      context.header("X-Data-Age-Seconds", String(Math.max(0, Math.round((Date.parse(services.clock.at()) - Date.parse(row.polled_at)) / 100) / 10)));
    }
    const sessions = await services.database.read.selectFrom("session_odds").select(["over", "back", "lay"]).where("url", "=", row.url).execute();
    const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
    const data = {
      match_id: match.matchKey,
      ...row,
      match_odds: parsed(row.match_odds),
      batsman_data: parsed(row.batsman_data),
      bowler_data: parsed(row.bowler_data),
      overs_data: parsed(row.overs_data),
      result_texts: parsed(row.result_texts),
      scorecard: parsed(row.scorecard),
      session_odds: sessions,
    };
    return context.json(envelope(data));
  });
  app.get("/matches", async (context) => {
    const rows = await services.matches.all();
    const matches = rows.map(({ matchKey, url, state, misses, lastKnownState, addedAt, endedAt }) => {
      const address = readMatchUrl(url);
      return { match_id: matchKey, url, state, is_test: address !== null && isTest(address), misses, last_known_state: lastKnownState, added_at: addedAt, ended_at: endedAt };
    });
    return context.json(envelope({ matches }));
  });
  app.get("/events", (context) => streamEvents(context, context.req.query("match") ?? null, services));
}

async function readBody<Body>(context: Context, shape: z.ZodType<Body>): Promise<Body | null> {
  const written: unknown = await context.req.json().catch(() => null);
  return shape.safeParse(written).data ?? null;
}

function readAddress(url: string | undefined): MatchAddress | null {
  return url === undefined ? null : readMatchUrl(url);
}
