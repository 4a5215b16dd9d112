// Every setting of the workload, read once from the environment; a bad one is an error that names it.
import { resolve } from "node:path";
import { readEnvironment, setting, SettingsError, writeEnvironment, type Environment } from "workload-command-line";
import type { SourceName } from "./sources/item.ts";

export { SettingsError } from "workload-command-line";

export const SETTING_ROWS = [
  setting("PORT", "8000", "port of the HTTP interface; 0 picks a free one"),
  setting("DB_PATH", "./market-crawl/markets.db", "the database (SQLite)"),
  setting("RUNTIME_DIR", "./market-crawl/runtime", "where the runtime keeps its own queue and logs"),
  setting("FLEAMARKET_URL", "https://markedskalenderen.dk/marked/kategori/loppemarked", "first page of the HTML source"),
  setting("LOPPEMARKEDER_URL", "https://loppemarkeder.nu/wp-json/tribe/events/v1/events?per_page=100", "first page of the JSON source"),
  setting("GEOCODE_URL", "https://api.geoapify.com/v1/geocode/search", "the geocoder"),
  setting("GEOAPIFY_API_KEY", "", "key of the geocoder; without one it is off"),
  setting("SCHEDULE", "0 2 * * *", "cron expression of the daily run; `off` for none"),
  setting("TZ_NAME", "Europe/Copenhagen", "time zone of the schedule and of `today`"),
  setting("RUN_TIMEOUT_SECONDS", "3600", "longest run"),
  setting("STALL_SECONDS", "120", "longest time without progress; then the worker's tree is ended"),
  setting("WORKER_MEMORY_MB", "192", "memory of the worker's process tree; at least 96"),
  setting("WORKER_NICE", "10", "how much the worker stands back for the answers, 0 to 19"),
  setting("DELAY_START_MS", "1000", "pause between two requests to a host, at least; it follows the answer time"),
  setting("DELAY_MAX_MS", "60000", "pause between two requests to a host, at most"),
  setting("REQUEST_TIMEOUT_SECONDS", "20", "longest request for a page"),
  setting("MAX_MARKETS", "0", "items that are taken from each source; 0 = all"),
  setting("MAX_PAGES", "50", "listing pages that are taken from each source"),
  setting("DB_BUSY_SECONDS", "30", "how long a locked database is tried again"),
  setting("TODAY", "", "the day that it is, instead of the real one (tests only)"),
  setting("RUN_OWNER", "", "set by the service for its workers: who answers for a run"),
] as const;

export type SettingName = (typeof SETTING_ROWS)[number]["variable"];

export interface Settings {
  readonly port: number;
  readonly databasePath: string;
  readonly runtimeDirectory: string;
  readonly sourceUrls: Readonly<Record<SourceName, string>>;
  readonly geocodeUrl: string;
  /** null: the geocoder is off. */
  readonly geocodeKey: string | null;
  /** null: no scheduled runs. */
  readonly schedule: string | null;
  readonly timeZone: string;
  readonly runTimeoutMs: number;
  readonly stallMs: number;
  readonly workerMemoryBytes: number;
  readonly workerNice: number;
  readonly delayStartMs: number;
  readonly delayMaxMs: number;
  readonly requestTimeoutMs: number;
  /** Per source; 0 for all. */
  readonly marketsMax: number;
  readonly pagesMax: number;
  readonly databaseBusyMs: number;
  /** ISO day; null for the real one. */
  readonly today: string | null;
  readonly runOwner: string | null;
}

const MIB = 1024 * 1024;

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = readEnvironment(SETTING_ROWS, environment);
  const today = read.optional("TODAY");
  if (today !== null && !/^\d{4}-\d{2}-\d{2}$/.test(today)) throw new SettingsError(`TODAY: ${JSON.stringify(today)} is not a day such as 2025-11-29`);
  return {
    port: read.whole("PORT", { min: 0, max: 65_535 }),
    databasePath: resolve(read.text("DB_PATH")),
    runtimeDirectory: resolve(read.text("RUNTIME_DIR")),
    sourceUrls: { fleamarket: read.url("FLEAMARKET_URL"), loppemarkeder: read.url("LOPPEMARKEDER_URL") },
    geocodeUrl: read.url("GEOCODE_URL"),
    geocodeKey: read.optional("GEOAPIFY_API_KEY"),
    schedule: /^(off|none)$/i.test(read.text("SCHEDULE")) ? null : read.text("SCHEDULE"),
    timeZone: readTimeZone(read.text("TZ_NAME")),
    runTimeoutMs: read.number("RUN_TIMEOUT_SECONDS", { min: 0.1, max: 604_800 }) * 1000,
    stallMs: read.number("STALL_SECONDS", { min: 0.1, max: 86_400 }) * 1000,
    workerMemoryBytes: read.number("WORKER_MEMORY_MB", { min: 96 }) * MIB,
    workerNice: read.whole("WORKER_NICE", { min: 0, max: 19 }),
    delayStartMs: read.number("DELAY_START_MS", { min: 0 }),
    delayMaxMs: read.number("DELAY_MAX_MS", { min: 0 }),
    requestTimeoutMs: read.number("REQUEST_TIMEOUT_SECONDS", { min: 0.01, max: 3600 }) * 1000,
    marketsMax: read.whole("MAX_MARKETS", { min: 0 }),
    pagesMax: read.whole("MAX_PAGES", { min: 1 }),
    databaseBusyMs: read.number("DB_BUSY_SECONDS", { min: 0 }) * 1000,
    today,
    runOwner: read.optional("RUN_OWNER"),
  };
}

function readTimeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw new SettingsError(`TZ_NAME: ${JSON.stringify(name)} is not a time zone such as Europe/Copenhagen`);
  }
}

/** The same settings for the worker processes; their paths are absolute. */
export function toEnvironment(settings: Settings, environment: Environment, owner: string): Record<string, string> {
  return writeEnvironment(SETTING_ROWS, environment, { DB_PATH: settings.databasePath, RUNTIME_DIR: settings.runtimeDirectory, RUN_OWNER: owner });
}
