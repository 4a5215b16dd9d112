import { z } from "@hono/zod-openapi";
import { CofferdamError, type SequencedEvent } from "../../model/index.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { eventStream, SSE_HEADERS } from "../stream.ts";
import { API, type RouteDeps } from "./deps.ts";

const QUERY = z.strictObject({
  job_id: z.string().max(200).optional(),
  type: z.string().max(200).optional(),
  lane: z.string().max(200).optional(),
  /** Kinds or their beginnings, by comma: "attempt,job.settled". */
  kind: z.string().max(500).optional(),
  last_event_id: z.string().optional(),
});

export function eventRoutes({ control, clock, streams }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/events`,
      access: "read",
      summary: "What happens, as server-sent events; Last-Event-ID replays what was missed, or says `reset`",
      params: NOTHING,
      query: QUERY,
      body: NOTHING,
      answers: { 200: { description: "A stream that does not end", contentType: "text/event-stream" } },
      refusals: ["invalid_request"],
      handle({ query, headers }) {
        const lastEventId = parseEventId(headers["last-event-id"] ?? query.last_event_id);
        const body = eventStream({ feed: control.events(), lastEventId, wants: selector(query) }, { clock, streams });
        return { status: 200, headers: SSE_HEADERS, body };
      },
    }),
  ];
}

function selector(query: z.output<typeof QUERY>): (event: SequencedEvent) => boolean {
  const kinds = query.kind?.split(",");
  const same = (wanted: string | undefined, event: object, field: string) => wanted === undefined || Reflect.get(event, field) === wanted;
  return ({ event }) =>
    same(query.job_id, event, "jobId") &&
    same(query.type, event, "type") &&
    same(query.lane, event, "lane") &&
    (kinds === undefined || kinds.some((kind) => event.kind === kind || event.kind.startsWith(`${kind}.`)));
}

function parseEventId(written: string | string[] | undefined): number | null {
  if (written === undefined || written === "") return null;
  const seq = Number(written);
  if (Number.isSafeInteger(seq) && seq >= 0) return seq;
  throw new CofferdamError("invalid_request", "Last-Event-ID is not one of ours", { errors: [{ pointer: "/headers/Last-Event-ID", detail: "is not a number" }] });
}
