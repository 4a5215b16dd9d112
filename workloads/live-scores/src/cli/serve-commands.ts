import { CommandError, EXIT, serveUntilSignal, type Frame } from "workload-command-line";
import { overallStatus, type PollerView } from "../conduct/view.ts";
import { startService } from "../service.ts";
import { readSettings } from "../settings.ts";
import { runDemo } from "./demo.ts";

export function addServeCommands({ program, print }: Frame): void {
  program
    .command("serve")
    .description("discovery, pollers and the HTTP interface, until SIGTERM")
    .action(async () => {
      const service = await startService();
      await serveUntilSignal(service, () => print.data({ ready: true, url: service.url, metrics_url: service.metricsUrl }, () => `listening on ${service.url}`));
    });
  program
    .command("status")
    .description("how the pollers of a running service are")
    .option("--url <address>", "the service; default: this machine, PORT")
    .action(async ({ url }: { readonly url?: string }) => {
      const data = await askHealth(url ?? `http://127.0.0.1:${readSettings().port}`);
      const statuses = data.scrapers.map(({ status }) => status);
      print.data({ ...data }, () => [`${data.overall_status}  ${data.scrapers.length} pollers, ${data.total_memory_mb} MB`, ...data.scrapers.map(wordPoller)].join("\n"));
      process.exitCode = overallStatus(statuses) === "down" ? EXIT.failed : overallStatus(statuses) === "healthy" ? EXIT.done : EXIT.partial;
    });
  program
    .command("demo")
    .description("a stand-in site, pollers, faults, what becomes of them; leaves nothing behind")
    .action(async () => {
      process.exitCode = await runDemo(print);
    });
}

interface Health {
  readonly overall_status: string;
  readonly total_memory_mb: number;
  readonly scrapers: readonly PollerView[];
}

async function askHealth(base: string): Promise<Health> {
  const response = await fetch(new URL("/health", base), { signal: AbortSignal.timeout(5000) }).catch(() => {
    throw new CommandError(EXIT.nothingMatched, `no service answers at ${base}`, "Start one with: live-scores serve");
  });
  const body = (await response.json().catch(() => null)) as { readonly data?: Health } | null;
  if (body?.data === undefined || !Array.isArray(body.data.scrapers)) throw new CommandError(EXIT.failed, `what answers at ${base} is not live-scores`);
  return body.data;
}

function wordPoller(poller: PollerView): string {
  const figures = `${poller.staleness_seconds} s old, ${poller.total_updates} updates, ${poller.memory_mb} MB, ${poller.pids} pids, ${poller.restarts} restarts`;
  return `${poller.status.toUpperCase().padStart(12)} ${poller.match_id}  ${figures}${poller.restart_reason === null ? "" : `, last: ${poller.restart_reason}`}`;
}
