import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Services } from "./services.ts";

/** Every line from the first (or after `Last-Event-ID`), then new ones as they are said, a heartbeat meanwhile, and at last how it ended. Any number may listen. */
export function streamRun(context: Context, runId: string, { conductor, heartbeatMs }: Pick<Services, "conductor" | "heartbeatMs">): Response {
  context.header("x-accel-buffering", "no");
  return streamSSE(context, async (stream) => {
    let seq = readSeq(context.req.header("last-event-id"));
    let wake: () => void = () => undefined;
    const unwatch = conductor.runs.watch(runId, () => wake());
    stream.onAbort(() => {
      wake();
    });
    const heartbeat = setInterval(() => void stream.writeSSE({ data: JSON.stringify({ type: "heartbeat" }) }), heartbeatMs);
    try {
      while (!stream.aborted) {
        // Listening comes before looking: what is said in between is not missed.
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const run = await conductor.runs.find(runId);
        for (const { seq: number, message } of await conductor.runs.messages(runId, seq)) {
          seq = number;
          await stream.writeSSE({ data: JSON.stringify({ message }), id: String(number) });
        }
        if (run === null || run.state !== "running") {
          await stream.writeSSE({ data: JSON.stringify({ status: run?.state ?? "failed", error: run?.error ?? null }) });
          return;
        }
        await more;
      }
    } finally {
      clearInterval(heartbeat);
      unwatch();
    }
  });
}

/** A browser that was cut off says what it saw last. */
function readSeq(written: string | undefined): number {
  return written !== undefined && /^\d{1,9}$/.test(written) ? Number(written) : 0;
}
