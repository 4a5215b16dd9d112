// While a run goes on: GET /health, GET /metrics, GET /progress (SSE). Loopback only.
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { listen, type Listening } from "workload-command-line";
import type { Run } from "../run/start-run.ts";
import { readHealth, sumLanes, type HealthSources } from "./health.ts";

const EVENTS_APART_MS = 250;

/** @param port 0 picks a free one. @throws the system's error, for example EADDRINUSE */
export function startStatusServer(run: Run, options: { readonly port: number; readonly domainBudgetMs: number }): Promise<Listening> {
  const sources: HealthSources = { board: run.board, runtime: run.runtime, waiting: () => sumLanes(run.queues()), domainBudgetMs: options.domainBudgetMs };
  const app = new Hono();
  app.get("/health", (context) => context.json({ success: true, data: readHealth(sources, Date.now()) }));
  app.get("/metrics", async (context) => {
    const text = await run.metrics.text({ ...run.board.open(), waiting: sources.waiting() });
    return context.text(text, 200, { "content-type": run.metrics.contentType });
  });
  app.get("/progress", (context) =>
    streamSSE(context, async (stream) => {
      const ended = new AbortController();
      stream.onAbort(() => ended.abort());
      run.done.finally(() => ended.abort()).catch(() => undefined);
      for (let id = 1; ; id++) {
        const isOver = ended.signal.aborted;
        await stream.writeSSE({ id: String(id), event: isOver ? "end" : "progress", data: JSON.stringify(run.board.figures()) });
        if (isOver) return;
        await nextChange(run, ended.signal);
        // Many changes at once are one event.
        if (!ended.signal.aborted) await stream.sleep(EVENTS_APART_MS);
      }
    }),
  );
  return listen((request) => app.fetch(request), "127.0.0.1", options.port);
}

function nextChange({ board }: Run, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unlisten();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const unlisten = board.onChange(done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
