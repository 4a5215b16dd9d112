// Every setting, read once from the environment; a bad one is an error that names it.
import { join, resolve } from "node:path";
import { readEnvironment, setting, SettingsError, writeEnvironment, type Environment } from "workload-command-line";

export const SETTING_ROWS = [
  setting("LISTS_DIR", "./domain-risk/lists", "where food.txt, cosmetics.txt and conglomerates.txt are"),
  setting("CACHE_DIR", "./domain-risk/cache", "analysis_cache.json, and what the runtime keeps between runs (bot memory, journal)"),
  setting("OUT_DIR", "./domain-risk/out", "data, reports, summary.json and recommendations.json"),
  setting("TARGET_TEMPLATE", "https://{domain}/", "address of a home page; {domain} stands for the domain"),
  setting("BROWSER_PATH", "", "the Chromium to start; found by itself when empty"),
  setting("SLOW_REGISTRY", "", "a JSON file in place of the shipped slow registry"),
  setting("DOMAIN_BUDGET_SECONDS", "20", "wall time of one domain over both methods"),
  setting("HTTP_TIMEOUT_SECONDS", "10", "plain request, redirects and body included"),
  setting("NAV_TIMEOUT_SECONDS", "8", "browser: navigation to DOM ready"),
  setting("SETTLE_SECONDS", "1", "browser: pause after DOM ready"),
  setting("PAUSE_MIN_SECONDS", "1", "shortest pause before a plain request; outside the budget"),
  setting("PAUSE_MAX_SECONDS", "2", "longest pause before a plain request"),
  setting("ALLOW_PRIVATE_TARGETS", "false", "whether loopback, private and link-local addresses may be asked"),
  setting("WORKER_MEMORY_MB", "512", "memory of one worker, its browser included"),
  setting("CACHE_DAYS", "30", "how long an accessible record is valid"),
  setting("FAILURE_DAYS", "7", "how long any other record is valid"),
  setting("MAX_BODY_BYTES", "10485760", "a body is cut here, unpacked; a browser gets four times as much in all"),
] as const;

export interface Settings {
  readonly listsDirectory: string;
  readonly cacheDirectory: string;
  readonly outDirectory: string;
  readonly targetTemplate: string;
  readonly browserPath: string | null;
  readonly slowRegistryPath: string | null;
  readonly domainBudgetMs: number;
  readonly httpTimeoutMs: number;
  readonly navigationTimeoutMs: number;
  readonly settleMs: number;
  readonly pauseMinMs: number;
  readonly pauseMaxMs: number;
  readonly allowPrivateTargets: boolean;
  readonly workerMemoryBytes: number;
  readonly cacheDays: number;
  readonly failureDays: number;
  readonly bodyBytesMax: number;
}

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = readEnvironment(SETTING_ROWS, environment);
  const seconds = (name: Parameters<typeof read.number>[0], min: number): number => Math.round(read.number(name, { min, max: 86_400 }) * 1000);
  const settings: Settings = {
    listsDirectory: resolve(read.text("LISTS_DIR")),
    cacheDirectory: resolve(read.text("CACHE_DIR")),
    outDirectory: resolve(read.text("OUT_DIR")),
    targetTemplate: readTemplate(read.text("TARGET_TEMPLATE")),
    browserPath: read.optional("BROWSER_PATH"),
    slowRegistryPath: read.optional("SLOW_REGISTRY"),
    domainBudgetMs: seconds("DOMAIN_BUDGET_SECONDS", 0.1),
    httpTimeoutMs: seconds("HTTP_TIMEOUT_SECONDS", 0.05),
    navigationTimeoutMs: seconds("NAV_TIMEOUT_SECONDS", 0.05),
    settleMs: seconds("SETTLE_SECONDS", 0),
    pauseMinMs: seconds("PAUSE_MIN_SECONDS", 0),
    pauseMaxMs: seconds("PAUSE_MAX_SECONDS", 0),
    allowPrivateTargets: read.boolean("ALLOW_PRIVATE_TARGETS"),
    workerMemoryBytes: Math.round(read.number("WORKER_MEMORY_MB", { min: 128 }) * 1024 * 1024),
    cacheDays: read.number("CACHE_DAYS", { min: 0 }),
    failureDays: read.number("FAILURE_DAYS", { min: 0, max: 30 }),
    bodyBytesMax: read.whole("MAX_BODY_BYTES", { min: 1024 }),
  };
  if (settings.pauseMaxMs < settings.pauseMinMs) throw new SettingsError("PAUSE_MAX_SECONDS: this is less than PAUSE_MIN_SECONDS");
  return settings;
}

/** The same settings for the worker processes. */
export function toEnvironment(settings: Settings, environment: Environment = process.env): Record<string, string> {
  return writeEnvironment(SETTING_ROWS, environment, { LISTS_DIR: settings.listsDirectory, CACHE_DIR: settings.cacheDirectory, OUT_DIR: settings.outDirectory });
}

/** A trial keeps everything of its own, so that it changes nothing of the real run. */
export function forTrial(settings: Settings): Settings {
  return { ...settings, cacheDirectory: join(settings.cacheDirectory, "test"), outDirectory: join(settings.outDirectory, "test") };
}

function readTemplate(written: string): string {
  const protocol = written.includes("{domain}") ? URL.parse(written.replaceAll("{domain}", "example.com"))?.protocol : undefined;
  if (protocol !== "http:" && protocol !== "https:") throw new SettingsError(`TARGET_TEMPLATE: ${JSON.stringify(written)} is not an http address with {domain} in it`);
  return written;
}
