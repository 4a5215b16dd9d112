import { formatBytes, formatDuration } from "../model/index.ts";
import { originText } from "./origin.ts";
import type { Resolution, ResolvedConfig } from "./resolve.ts";

/** One line of `cofferdam config`. Tokens are never shown. */
export interface ConfigRow {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
}

/** Every setting in words, with where it comes from. */
export function configRows({ config, origins }: Resolution): readonly ConfigRow[] {
  return valuesOf(config).map(([key, value]) => ({ key, value, origin: originText(origins.get(key) ?? { kind: "default" }) }));
}

function valuesOf(config: ResolvedConfig): [string, string][] {
  return [
    ["dataDir", config.dataDirectory],
    ["jobs", config.jobs.join(", ")],
    ...config.lanes.map((lane): [string, string] => [`lanes.${lane.name}`, `${lane.concurrency}${lane.memoryBytes === null ? "" : `, ${formatBytes(lane.memoryBytes)} each`}`]),
    ["http", config.http === null ? "off" : "on"],
    ...httpValues(config),
    ["inputMax", formatBytes(config.inputBytesMax)],
    ["sizeGuard.max", formatBytes(config.sizeGuard.bytesMax)],
    ["sizeGuard.action", config.sizeGuard.action],
    ["laneBacklogMax", String(config.laneBacklogMax)],
    ["drainTimeout", formatDuration(config.drainTimeoutMs)],
    ["recycleAfter", String(config.recycleAfter)],
    ["recycleGrowth", formatBytes(config.recycleGrowthBytes)],
    ["retention.succeeded", formatDuration(config.retention.succeededMs)],
    ["retention.failed", formatDuration(config.retention.failedMs)],
    ["memory.limit", config.memory.limitBytes === null ? "of the machine or container" : formatBytes(config.memory.limitBytes)],
    ["memory.margin", config.memory.marginBytes === null ? "a tenth of the limit, at least 256MB" : formatBytes(config.memory.marginBytes)],
    ["memory.reservation", formatBytes(config.memory.reservationBytes)],
    ["memory.gate", config.memory.gate ? "on" : "off"],
    ["memory.bypassMax", String(config.memory.bypassMax)],
    ["memory.bypassTime", formatDuration(config.memory.bypassMs)],
    ["release", config.release ?? "none"],
    ["healing", config.healing === null ? "off" : "on"],
    ...healingValues(config),
    ["predictRouting", config.predictRouting ? "on" : "off"],
    ["production", config.production ? "on" : "off"],
    ...chaosValues(config),
    ["workerNice", String(config.workerNice)],
    ["tier", config.tier],
    ["logLevel", config.logLevel],
    ...execValues(config),
  ];
}

function chaosValues({ chaos }: ResolvedConfig): [string, string][] {
  if (chaos === null) return [["chaos.rate", "0"]];
  return [
    ["chaos.rate", String(chaos.rate)],
    ["chaos.faults", chaos.faults.join(", ")],
    ["chaos.type", chaos.type ?? "all types"],
    ["chaos.force", chaos.force ? "on" : "off"],
  ];
}

function healingValues({ healing }: ResolvedConfig): [string, string][] {
  if (healing === null) return [];
  return [
    ["healing.window", formatDuration(healing.windowMs)],
    ["healing.minimum", String(healing.minimum)],
    ["healing.share", String(Math.round(healing.share * 100))],
    ["healing.cooldown", formatDuration(healing.cooldownMs)],
    ["healing.observe", formatDuration(healing.observeMs)],
  ];
}

function httpValues({ http }: ResolvedConfig): [string, string][] {
  if (http === null) return [];
  return [
    ["http.host", http.host],
    ["http.port", String(http.port)],
    ["http.tokens", http.tokens.length === 0 ? "none" : http.tokens.map((token) => `(hidden, ${token.role})`).join(", ")],
    ["http.allowedHosts", http.allowedHosts.join(", ") || "none"],
    ["http.app", http.app ?? "none"],
  ];
}

function execValues({ exec }: ResolvedConfig): [string, string][] {
  const { budget } = exec;
  const word = (value: number | null, format: (value: number) => string) => (value === null ? "none" : format(value));
  return [
    ["exec.memory", word(budget.memoryBytes, formatBytes)],
    ["exec.pids", word(budget.pids, String)],
    ["exec.time", word(budget.timeMs, formatDuration)],
    ["exec.stall", word(budget.stallMs, formatDuration)],
    ["exec.output", word(budget.outputBytes, formatBytes)],
    ["exec.grace", formatDuration(exec.graceMs)],
  ];
}
