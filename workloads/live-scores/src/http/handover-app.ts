import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Pollers } from "../conduct/pollers.ts";
import { reportShape } from "../poll/report.ts";

/** Where pollers hand over what they have read; on a port of its own, known to them alone. */
export function createHandoverApp(receive: Pollers["receive"]): Hono {
  const app = new Hono();
  app.post("/report", bodyLimit({ maxSize: 8 * 1024 * 1024 }), async (context) => {
    const report = reportShape.safeParse(await context.req.json().catch(() => null));
    if (!report.success) return context.text("not a report\n", 400);
    return (await receive(report.data)) ? context.body(null, 204) : context.text("another poller reads this match\n", 409);
  });
  return app;
}
