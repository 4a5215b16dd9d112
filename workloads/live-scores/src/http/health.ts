import { overallStatus } from "../conduct/view.ts";
import { envelope, type Envelope } from "./answers.ts";
import type { Services } from "./services.ts";

const MIB = 1024 * 1024;

/** From memory alone: nothing is waited for. */
export function readHealth(services: Services): { readonly status: 200 | 503; readonly body: Envelope } {
  const scrapers = services.pollers.views();
  const overall = overallStatus(scrapers.map(({ status }) => status));
  const pending = services.restartPending();
  const isUnavailable = pending !== null || overall === "down";
  const data = {
    overall_status: overall,
    ...(pending === null ? {} : { reason: "restart_pending", detail: pending }),
    active_scraper_count: scrapers.filter(({ pids, memory_mb }) => pids > 0 || memory_mb > 0).length,
    total_memory_mb: Math.round((scrapers.reduce((sum, { memory_mb }) => sum + memory_mb, 0) + process.memoryUsage.rss() / MIB) * 10) / 10,
    uptime_seconds: Math.round((services.clock.nowMs() - services.startedAtMs) / 100) / 10,
    outbox_depth: services.outboxDepth(),
    discovery: services.discovery.state(),
    scrapers,
  };
  const error = pending !== null ? { code: "restart_pending", message: pending } : overall === "down" ? { code: "down", message: "every poller is failing" } : null;
  return { status: isUnavailable ? 503 : 200, body: envelope(data, error) };
}

export async function readMetrics({ pollers, metrics, outboxDepth }: Services): Promise<string> {
  const views = pollers.views();
  return await metrics.text({
    outboxDepth: outboxDepth(),
    pollers: views.map(({ match_id, staleness_seconds, memory_mb, pids, uptime_seconds }) => ({
      matchKey: match_id,
      stalenessSeconds: staleness_seconds,
      memoryBytes: Math.round(memory_mb * MIB),
      pids,
      isRunning: uptime_seconds > 0,
    })),
  });
}
