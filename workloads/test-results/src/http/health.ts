import { countQuarantine } from "../conduct/quarantine.ts";
import type { LiveImport } from "../conduct/live-imports.ts";
import { activeReleases } from "../conduct/parent-builds.ts";
import type { Gauges } from "../metrics.ts";
import { JOB_TYPES } from "../work/types.ts";
import { pollingStatus } from "./jenkins-routes.ts";
import type { Services } from "./services.ts";

const MB = 1024 * 1024;
/** From here on an import is said to be near its limit. */
const NEAR_LIMIT = 0.8;

export async function readHealth(services: Services): Promise<object> {
  const imports = services.imports();
  const quarantined = await countQuarantine(services.database.read);
  const views = imports.map((each) => viewImport(each, services));
  return {
    status: "success",
    data: {
      overall_status: imports.some((each) => isStale(each, services)) ? "degraded" : "healthy",
      polling: await pollingStatus(services),
      imports: views,
      queue_depth: await services.queueDepth(),
      quarantined,
      journal_mode: await services.database.journalMode(),
    },
  };
}

function viewImport(each: LiveImport, services: Services): object {
  return {
    job: each.job,
    release: each.release,
    module: each.module,
    status: each.status,
    step: each.note?.step ?? (each.type === JOB_TYPES.download ? "download" : "parse-order"),
    file: each.note?.file ?? "",
    parsed: each.note?.parsed ?? 0,
    written: each.note?.written ?? 0,
    staleness_seconds: stalenessSeconds(each, services),
    total_updates: each.updates,
    memory_mb: toMb(each.memoryBytes),
    memory_peak_mb: toMb(each.memoryPeakBytes),
    pids: each.pids,
    should_restart: isStale(each, services),
    // The runtime restarts a stalled import by itself; nobody has to ask.
    restart_requested: false,
  };
}

function stalenessSeconds(each: LiveImport, services: Services): number {
  return each.status === "running" ? Math.max(0, Math.round((services.nowMs() - each.lastUpdateMs) / 100) / 10) : 0;
}

function isStale(each: LiveImport, services: Services): boolean {
  return stalenessSeconds(each, services) * 1000 > services.settings.stallMs;
}

function toMb(bytes: number): number {
  return Math.round((bytes / MB) * 10) / 10;
}

export async function readGauges(services: Services): Promise<Gauges> {
  const imports = services.imports().filter((each) => each.status === "running");
  const limitOf = (each: LiveImport): number => (each.type === JOB_TYPES.importLarge ? services.settings.largeMemoryMb : services.settings.importMemoryMb) * MB;
  return {
    activeImports: imports.length,
    queueDepth: await services.queueDepth(),
    quarantined: await countQuarantine(services.database.read),
    memoryPeakBytes: Math.max(0, ...imports.map((each) => each.memoryPeakBytes)),
    nearMemoryLimit: imports.some((each) => each.memoryBytes >= limitOf(each) * NEAR_LIMIT),
    lastProcessed: (await activeReleases(services.database.read)).map(({ name, lastProcessed }) => ({ release: name, build: lastProcessed })),
  };
}
