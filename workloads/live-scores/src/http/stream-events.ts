import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { EmittedEvent } from "../conduct/receive-report.ts";
import type { Services } from "./services.ts";

const HEARTBEAT_MS = 15_000;
/** A reader that lags behind by so much is cut off; it comes back with its Last-Event-ID. */
const WAITING_MAX = 5000;

/** Emissions as they happen, `cricket.{match}.{group}`; of one match also those since `Last-Event-ID`. */
export function streamEvents(context: Context, match: string | null, { hub, database }: Pick<Services, "hub" | "database">): Response {
  context.header("x-accel-buffering", "no");
  return streamSSE(context, async (stream) => {
    const waiting: EmittedEvent[] = [];
    let wake: () => void = () => undefined;
    let last = readSeq(context.req.header("last-event-id"));
    // Listening comes before reading what is past, so that nothing between the two is missed.
    const unsubscribe = hub.subscribe((event) => {
      if (match !== null && event.matchKey !== match) return;
      // Here, not between two writes: one to a reader that stands still comes back only when the stream is aborted.
      if (waiting.push(event) > WAITING_MAX) stream.abort();
      wake();
    });
    stream.onAbort(() => wake());
    const heartbeat = setInterval(() => void stream.write(": alive\n\n").catch(() => undefined), HEARTBEAT_MS);
    try {
      await stream.write("retry: 3000\n\n");
      if (match !== null && last !== null) {
        for (const event of await pastEvents(database, match, last)) {
          await stream.writeSSE(wordEvent(event));
          last = event.seq;
        }
      }
      while (!stream.aborted) {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const event = waiting.shift();
        if (event === undefined) await more;
        else if (match === null || last === null || event.seq > last) await stream.writeSSE(wordEvent(event));
      }
    } finally {
      clearInterval(heartbeat);
      unsubscribe();
    }
  });
}

function wordEvent({ matchKey, url, seq, group, payload, at }: EmittedEvent): { readonly event: string; readonly id: string; readonly data: string } {
  return { event: `cricket.${matchKey}.${group}`, id: String(seq), data: JSON.stringify({ match_id: matchKey, url, seq, group, payload, at }) };
}

async function pastEvents(database: Services["database"], match: string, after: number): Promise<readonly EmittedEvent[]> {
  const rows = await database.read.selectFrom("emissions").selectAll().where("match_key", "=", match).where("seq", ">", after).orderBy("seq").execute();
  const { url = "" } = (await database.read.selectFrom("live_matches").select("url").where("match_key", "=", match).executeTakeFirst()) ?? {};
  return rows.map(({ seq, group_name, payload, created_at }) => ({ matchKey: match, url, seq, group: group_name, payload: JSON.parse(payload) as unknown, at: created_at }));
}

function readSeq(written: string | undefined): number | null {
  return written !== undefined && /^\d{1,15}$/.test(written) ? Number(written) : null;
}
