// Every setting of the workload, read once from the environment; a bad one is an error that names it.
import { resolve } from "node:path";
import { readEnvironment, setting, writeEnvironment, type Environment } from "workload-command-line";

export const SETTING_ROWS = [
  setting("CREX_URL", "https://crex.com/live-matches", "the page that lists the live matches"),
  setting("SV3_URL", "https://api-v1.com/v10/sV3.php?key={matchKey}", "the live JSON; without `{matchKey}` the key is added as `key=`"),
  setting("SC4_URL", "https://api-v1.com/v10/sC4.php?key={matchKey}", "the scorecard JSON; likewise"),
  setting("NAMES_URL", "", "code maps in http mode, with `{matchKey}` where they differ by match; none: codes stay codes"),
  setting("SINK_URL", "", "where emissions are posted, in batches of at most 20; none: nowhere"),
  setting("FETCH_MODE", "http", "`http` or `browser`"),
  setting("BROWSER_PATH", "", "the Chromium of browser mode; none: it is looked for"),
  setting("PORT", "5000", "port to listen on; 0 picks a free one"),
  setting("PROMETHEUS_PORT", "9090", "port of `/metrics` alone; 0 picks a free one"),
  setting("POLLING_INTERVAL_SECONDS", "2.5", "from the start of one tick to the start of the next"),
  setting("DISCOVERY_INTERVAL_SECONDS", "60", "from one look at the list to the next"),
  setting("REQUEST_TIMEOUT_SECONDS", "4", "for each request of a poller"),
  setting("SCORECARD_INTERVAL_SECONDS", "10", "between two looks at the scorecard, at least"),
  setting("STALENESS_THRESHOLD_SECONDS", "60", "without an answer for so long a poller is begun anew"),
  setting("DEGRADED_STALENESS_SECONDS", "15", "from here on a poller is `degraded`"),
  setting("HEARTBEAT_TIMEOUT_SECONDS", "30", "without a sign of life for so long a poller is begun anew"),
  setting("ERROR_THRESHOLD_DEGRADED", "3", "consecutive errors of a `degraded` poller"),
  setting("ERROR_THRESHOLD_FAILING", "6", "of a `failing` one"),
  setting("ERROR_THRESHOLD_MAX", "10", "of one that is begun anew"),
  setting("SCRAPER_MAX_LIFETIME_HOURS", "6", "age at which a poller is begun anew"),
  setting("MEMORY_SOFT_LIMIT_MB", "1536", "memory of a poller's tree at which it is begun anew"),
  setting("MEMORY_HARD_LIMIT_MB", "2048", "memory that a poller's tree never exceeds"),
  setting("PID_WARN", "150", "tasks of a poller's tree that are worth a warning"),
  setting("PID_RESTART_THRESHOLD", "200", "tasks of a poller's tree at which it is begun anew"),
  setting("SCRAPER_RESTART_GRACE_SECONDS", "60", "within which a poller that is begun anew runs again"),
  setting("RESTART_DELAY_SECONDS", "5", "pause between an end and the next start, at most what is left of the grace"),
  setting("START_SPACING_SECONDS", "2", "between two starts of pollers"),
  setting("ABNORMAL_ENDS_MAX", "5", "abnormal ends within ten minutes that pause a match"),
  setting("PAUSE_SECONDS", "300", "how long it is paused"),
  setting("CONCURRENCY_CAP", "40", "pollers at once"),
  setting("DB_PATH", "./live-scores/scores.db", "file of the SQLite database"),
  setting("RUNTIME_DIR", "", "where the runtime keeps its own store; none: beside the database"),
] as const;

export type SettingName = (typeof SETTING_ROWS)[number]["variable"];

export interface Settings {
  readonly discoveryUrl: string;
  readonly liveUrl: string;
  readonly scorecardUrl: string;
  readonly namesUrl: string | null;
  readonly sinkUrl: string | null;
  readonly fetchMode: "http" | "browser";
  readonly browserPath: string | null;
  readonly port: number;
  readonly prometheusPort: number;
  readonly pollingMs: number;
  readonly discoveryMs: number;
  readonly requestTimeoutMs: number;
  readonly scorecardMs: number;
  readonly stalenessMs: number;
  readonly degradedStalenessMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly errors: { readonly degraded: number; readonly failing: number; readonly max: number };
  readonly lifetimeMs: number;
  readonly memorySoftBytes: number;
  readonly memoryHardBytes: number;
  readonly pidsWarn: number;
  readonly pidsRestart: number;
  readonly restartGraceMs: number;
  readonly restartDelayMs: number;
  readonly startSpacingMs: number;
  readonly abnormalEndsMax: number;
  readonly pauseMs: number;
  readonly concurrencyCap: number;
  readonly databasePath: string;
  readonly runtimeDirectory: string;
  /** Pages that were not recognised are kept here. */
  readonly pagesDirectory: string;
}

const MIB = 1024 * 1024;
const PORTS = { min: 0, max: 65_535 };

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = readEnvironment(SETTING_ROWS, environment);
  const milliseconds = (name: SettingName, min: number): number => read.number(name, { min, max: 10_000_000 }) * 1000;
  const databasePath = resolve(read.text("DB_PATH"));
  return {
    discoveryUrl: read.url("CREX_URL"),
    liveUrl: read.url("SV3_URL"),
    scorecardUrl: read.url("SC4_URL"),
    namesUrl: read.optional("NAMES_URL") === null ? null : read.url("NAMES_URL"),
    sinkUrl: read.optional("SINK_URL") === null ? null : read.url("SINK_URL"),
    fetchMode: read.choice("FETCH_MODE", ["http", "browser"]),
    browserPath: read.optional("BROWSER_PATH"),
    port: read.whole("PORT", PORTS),
    prometheusPort: read.whole("PROMETHEUS_PORT", PORTS),
    pollingMs: milliseconds("POLLING_INTERVAL_SECONDS", 0.01),
    discoveryMs: milliseconds("DISCOVERY_INTERVAL_SECONDS", 0.1),
    requestTimeoutMs: milliseconds("REQUEST_TIMEOUT_SECONDS", 0.05),
    scorecardMs: milliseconds("SCORECARD_INTERVAL_SECONDS", 0.1),
    stalenessMs: milliseconds("STALENESS_THRESHOLD_SECONDS", 0.5),
    degradedStalenessMs: milliseconds("DEGRADED_STALENESS_SECONDS", 0.1),
    heartbeatTimeoutMs: milliseconds("HEARTBEAT_TIMEOUT_SECONDS", 2),
    errors: {
      degraded: read.whole("ERROR_THRESHOLD_DEGRADED", { min: 1 }),
      failing: read.whole("ERROR_THRESHOLD_FAILING", { min: 1 }),
      max: read.whole("ERROR_THRESHOLD_MAX", { min: 1 }),
    },
    lifetimeMs: read.number("SCRAPER_MAX_LIFETIME_HOURS", { min: 0.0001, max: 100_000 }) * 3_600_000,
    memorySoftBytes: read.number("MEMORY_SOFT_LIMIT_MB", { min: 1 }) * MIB,
    memoryHardBytes: read.number("MEMORY_HARD_LIMIT_MB", { min: 96 }) * MIB,
    pidsWarn: read.whole("PID_WARN", { min: 1 }),
    pidsRestart: read.whole("PID_RESTART_THRESHOLD", { min: 16 }),
    restartGraceMs: milliseconds("SCRAPER_RESTART_GRACE_SECONDS", 0),
    restartDelayMs: milliseconds("RESTART_DELAY_SECONDS", 0),
    startSpacingMs: milliseconds("START_SPACING_SECONDS", 0),
    abnormalEndsMax: read.whole("ABNORMAL_ENDS_MAX", { min: 1 }),
    pauseMs: milliseconds("PAUSE_SECONDS", 0),
    concurrencyCap: read.whole("CONCURRENCY_CAP", { min: 1, max: 1000 }),
    databasePath,
    runtimeDirectory: resolve(read.optional("RUNTIME_DIR") ?? `${databasePath}.runtime`),
    pagesDirectory: resolve(`${databasePath}.pages`),
  };
}

/** The same settings for the processes of the pollers. */
export function toEnvironment(environment: Environment, settings: Pick<Settings, "databasePath" | "runtimeDirectory">): Record<string, string> {
  return writeEnvironment(SETTING_ROWS, environment, { DB_PATH: settings.databasePath, RUNTIME_DIR: settings.runtimeDirectory });
}

/** The address of one match's document. */
export function addressFor(template: string, matchKey: string): string {
  if (/\{matchKey\}/i.test(template)) return template.replaceAll(/\{matchKey\}/gi, encodeURIComponent(matchKey));
  const url = new URL(template);
  url.searchParams.set("key", matchKey);
  return url.href;
}

/** Names may be one file for all matches, a directory, or differ by a `{matchKey}`. */
export function namesAddressFor(template: string, matchKey: string): string {
  if (/\{matchKey\}/i.test(template)) return template.replaceAll(/\{matchKey\}/gi, encodeURIComponent(matchKey));
  return /\.json(?:\?|$)/i.test(template) ? template : `${template.replace(/\/$/, "")}/${encodeURIComponent(matchKey)}.json`;
}
