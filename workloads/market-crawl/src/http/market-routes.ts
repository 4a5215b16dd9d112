import { Hono, type Context } from "hono";
import * as z from "zod";
import { dayIn } from "../dates.ts";
import { marketsNearby, marketsToday } from "../markets/query-markets.ts";
import { problem } from "./problem.ts";
import type { Services } from "./services.ts";

const number = z.string().trim().min(1).pipe(z.coerce.number());
const latitude = number.pipe(z.number().min(-90).max(90));
const longitude = number.pipe(z.number().min(-180).max(180));
const limit = number.pipe(z.number().int().min(1).max(10_000)).default(50);

const todayQuery = z
  .object({ latitude: latitude.optional(), longitude: longitude.optional(), limit })
  .refine((query) => (query.latitude === undefined) === (query.longitude === undefined), { error: "latitude and longitude go together" });
const nearbyQuery = z.object({
  latitude,
  longitude,
  radius_km: number.pipe(z.number().min(0)).default(50),
  days_ahead: number.pipe(z.number().int().min(0).max(36_500)).default(30),
  limit,
});

export function marketRoutes({ database, settings, now }: Services): Hono {
  const app = new Hono();
  const today = (): string => settings.today ?? dayIn(settings.timeZone, now());
  app.get("/today", async (context) => {
    const query = todayQuery.safeParse(context.req.query());
    if (!query.success) return invalid(context, query.error);
    const { latitude: lat, longitude: lon } = query.data;
    const from = lat === undefined || lon === undefined ? null : { latitude: lat, longitude: lon };
    return context.json(await marketsToday(database.read, { today: today(), from, limit: query.data.limit }));
  });
  app.get("/nearby", async (context) => {
    const query = nearbyQuery.safeParse(context.req.query());
    if (!query.success) return invalid(context, query.error);
    const { radius_km: radiusKm, days_ahead: daysAhead, ...rest } = query.data;
    return context.json(
      await marketsNearby(database.read, { today: today(), from: { latitude: rest.latitude, longitude: rest.longitude }, radiusKm, daysAhead, limit: rest.limit }),
    );
  });
  return app;
}

function invalid(context: Context, error: z.ZodError): Response {
  return problem(context, 422, "invalid_request", error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`)).join("; "));
}
