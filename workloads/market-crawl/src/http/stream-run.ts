import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { isActive } from "../runs/run-status.ts";
import { findRun, viewRun } from "../runs/run-view.ts";
import type { Services } from "./services.ts";

/** Runs of other processes say nothing here; they are looked at this often. */
const LOOK_MS = 1000;
const COMMENT_MS = 15_000;

/** Progress whenever there is some, and at last how it ended; whoever comes late gets the end at once. */
export function streamRun(context: Context, runId: string, { conductor, database }: Services): Response {
  context.header("x-accel-buffering", "no");
  return streamSSE(context, async (stream) => {
    let wake: () => void = () => undefined;
    let said = "";
    const unwatch = conductor.watch(() => wake());
    stream.onAbort(() => wake());
    const look = setInterval(() => wake(), LOOK_MS);
    const comment = setInterval(() => void stream.write(": still here\n\n"), COMMENT_MS);
    try {
      for (let number = 1; !stream.aborted;) {
        // Listening comes before looking: what happens in between is not missed.
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const row = await findRun(database.read, runId);
        if (row === null) return;
        const data = JSON.stringify(await viewRun(database.read, row));
        if (!isActive(row.status)) return await stream.writeSSE({ event: "status", data, id: String(number) });
        if (data !== said) {
          await stream.writeSSE({ event: "progress", data, id: String(number) });
          number += 1;
          said = data;
        }
        await more;
      }
    } finally {
      clearInterval(look);
      clearInterval(comment);
      unwatch();
    }
  });
}
