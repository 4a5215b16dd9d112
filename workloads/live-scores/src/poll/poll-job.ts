import type { JobContext } from "cofferdam";
import type { Settings } from "../settings.ts";
import { createHttpSource } from "./http-source.ts";
import { createHandover, type PollInput } from "./report.ts";
import { runPoller } from "./run-poller.ts";
import type { Source, SourceOptions } from "./source.ts";

const HEARTBEAT_MS = 1000;

/** One start of the poller of one match. */
export async function runPollJob(job: JobContext<PollInput>, settings: Settings): Promise<{ readonly end: string }> {
  const { input, signal } = job;
  const handover = createHandover(input, signal);
  const stopHeart = startHeart(job);
  const options: SourceOptions = {
    matchKey: input.match_key,
    path: input.path,
    signal,
    // Only counted: nothing waits for it.
    onRetry: (operation) => void handover.say({ kind: "retry", operation }).catch(() => undefined),
  };
  const source = await openSource(job, settings, options);
  try {
    const end = await runPoller({ source, handover, signal, pollingMs: settings.pollingMs, scorecardMs: settings.scorecardMs, fraction: Math.random });
    return { end };
  } finally {
    await source.close();
    stopHeart();
  }
}

async function openSource(job: JobContext<PollInput>, settings: Settings, options: SourceOptions): Promise<Source> {
  if (settings.fetchMode === "http") return createHttpSource(settings, options);
  return await (await import("./browser-source.ts")).openBrowserSource(job, settings, options);
}

/** A sign of life from the loop itself, with what this process uses. */
function startHeart(job: JobContext<PollInput>): () => void {
  let beats = 0;
  let last = { atMs: performance.now(), cpu: process.cpuUsage() };
  const beat = (): void => {
    const now = { atMs: performance.now(), cpu: process.cpuUsage() };
    const usedMs = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1000;
    const cpuPercent = now.atMs > last.atMs ? (usedMs * 100) / (now.atMs - last.atMs) : 0;
    last = now;
    beats += 1;
    job.progress({ done: beats, note: JSON.stringify({ cpu_percent: Math.round(cpuPercent * 10) / 10, rss: process.memoryUsage.rss() }) });
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  return () => clearInterval(timer);
}
