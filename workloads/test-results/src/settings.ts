// Every setting of the workload, read once from the environment; a bad one is an error that names it.

import { resolve } from "node:path";

export interface Settings {
  readonly port: number;
  readonly databasePath: string;
  /** `postgres://…`; goes before the path when it is set. */
  readonly databaseUrl: string | null;
  /** Where the runtime keeps its own queue; apart from the workload's database. */
  readonly runtimeDirectory: string;
  readonly jenkinsUrl: string | null;
  readonly jenkinsUser: string | null;
  readonly jenkinsApiToken: string | null;
  readonly buildQueryLimit: number;
  readonly logsBasePath: string;
  readonly cleanupArtifacts: boolean;
  readonly pollHours: number;
  readonly downloads: number;
  readonly requestTimeoutMs: number;
  readonly importTimeoutMs: number;
  readonly stallMs: number;
  readonly batchSize: number;
  readonly importMemoryMb: number;
  readonly largeMemoryMb: number;
  readonly largeBytes: number;
  readonly largeCases: number;
  readonly databaseBusyMs: number;
  /** A single artifact above this is refused as `oversize`. */
  readonly artifactBytesMax: number;
  /** Pauses before the second, third and fourth try of a request. */
  readonly retryPausesMs: readonly number[];
}

export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

type Environment = Readonly<Record<string, string | undefined>>;

export const SETTING_NAMES = [
  "PORT",
  "DB_PATH",
  "DATABASE_URL",
  "RUNTIME_DIR",
  "JENKINS_URL",
  "JENKINS_USER",
  "JENKINS_API_TOKEN",
  "JENKINS_BUILD_QUERY_LIMIT",
  "LOGS_BASE_PATH",
  "CLEANUP_ARTIFACTS_AFTER_IMPORT",
  "POLL_HOURS",
  "DOWNLOADS",
  "REQUEST_TIMEOUT_SECONDS",
  "IMPORT_TIMEOUT_SECONDS",
  "STALL_SECONDS",
  "BATCH_SIZE",
  "IMPORT_MEMORY_MB",
  "LARGE_MEMORY_MB",
  "LARGE_BYTES",
  "LARGE_CASES",
  "DB_BUSY_SECONDS",
  "ARTIFACT_MAX_BYTES",
  "RETRY_SECONDS",
] as const;

export type SettingName = (typeof SETTING_NAMES)[number];

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = (name: SettingName): string | undefined => (environment[name] === "" ? undefined : environment[name]);
  const number = (name: SettingName, fallback: number, min: number): number => {
    const written = read(name);
    const value = written === undefined ? fallback : Number(written);
    if (!Number.isFinite(value) || value < min) throw new SettingsError(`${name}: ${JSON.stringify(written)} is not a number of at least ${min}`);
    return value;
  };
  const whole = (name: SettingName, fallback: number, min: number): number => {
    const value = number(name, fallback, min);
    if (!Number.isInteger(value)) throw new SettingsError(`${name}: ${value} is not a whole number`);
    return value;
  };
  return {
    port: whole("PORT", 8003, 0),
    databasePath: resolve(read("DB_PATH") ?? "./test-results/results.db"),
    databaseUrl: readAddress(read("DATABASE_URL")),
    runtimeDirectory: resolve(read("RUNTIME_DIR") ?? "./test-results/runtime"),
    jenkinsUrl: read("JENKINS_URL") ?? null,
    jenkinsUser: read("JENKINS_USER") ?? null,
    jenkinsApiToken: read("JENKINS_API_TOKEN") ?? null,
    buildQueryLimit: whole("JENKINS_BUILD_QUERY_LIMIT", 100, 1),
    logsBasePath: resolve(read("LOGS_BASE_PATH") ?? "./test-results/logs"),
    cleanupArtifacts: readBoolean("CLEANUP_ARTIFACTS_AFTER_IMPORT", read("CLEANUP_ARTIFACTS_AFTER_IMPORT"), true),
    pollHours: number("POLL_HOURS", 12, 0.0001),
    downloads: whole("DOWNLOADS", 5, 1),
    requestTimeoutMs: number("REQUEST_TIMEOUT_SECONDS", 30, 0.001) * 1000,
    importTimeoutMs: number("IMPORT_TIMEOUT_SECONDS", 1200, 0.1) * 1000,
    stallMs: number("STALL_SECONDS", 60, 0.1) * 1000,
    batchSize: whole("BATCH_SIZE", 2500, 1),
    importMemoryMb: number("IMPORT_MEMORY_MB", 256, 96),
    largeMemoryMb: number("LARGE_MEMORY_MB", 512, 96),
    largeBytes: whole("LARGE_BYTES", 10 * 1024 * 1024, 1),
    largeCases: whole("LARGE_CASES", 10_000, 1),
    databaseBusyMs: number("DB_BUSY_SECONDS", 30, 0) * 1000,
    artifactBytesMax: whole("ARTIFACT_MAX_BYTES", 2 * 1024 ** 3, 1),
    retryPausesMs: readPauses(read("RETRY_SECONDS") ?? "1,2,4"),
  };
}

function readAddress(written: string | undefined): string | null {
  if (written === undefined) return null;
  if (!/^postgres(ql)?:\/\//.test(written)) throw new SettingsError("DATABASE_URL: this is not a postgres:// address; a file of SQLite belongs into DB_PATH");
  return written;
}

function readPauses(written: string): number[] {
  const pauses = written.split(",").map((part) => Number(part) * 1000);
  if (pauses.some((pause) => !(pause >= 0))) throw new SettingsError(`RETRY_SECONDS: ${JSON.stringify(written)} is not a list of seconds`);
  return pauses;
}

function readBoolean(name: SettingName, written: string | undefined, fallback: boolean): boolean {
  if (written === undefined) return fallback;
  if (/^(true|1|yes|on)$/i.test(written)) return true;
  if (/^(false|0|no|off)$/i.test(written)) return false;
  throw new SettingsError(`${name}: ${JSON.stringify(written)} is neither true nor false`);
}

/** The same settings as environment variables: how they reach the worker processes. */
export function toEnvironment(settings: Settings): Record<SettingName, string> {
  return {
    PORT: String(settings.port),
    DB_PATH: settings.databasePath,
    DATABASE_URL: settings.databaseUrl ?? "",
    RUNTIME_DIR: settings.runtimeDirectory,
    JENKINS_URL: settings.jenkinsUrl ?? "",
    JENKINS_USER: settings.jenkinsUser ?? "",
    JENKINS_API_TOKEN: settings.jenkinsApiToken ?? "",
    JENKINS_BUILD_QUERY_LIMIT: String(settings.buildQueryLimit),
    LOGS_BASE_PATH: settings.logsBasePath,
    CLEANUP_ARTIFACTS_AFTER_IMPORT: String(settings.cleanupArtifacts),
    POLL_HOURS: String(settings.pollHours),
    DOWNLOADS: String(settings.downloads),
    REQUEST_TIMEOUT_SECONDS: String(settings.requestTimeoutMs / 1000),
    IMPORT_TIMEOUT_SECONDS: String(settings.importTimeoutMs / 1000),
    STALL_SECONDS: String(settings.stallMs / 1000),
    BATCH_SIZE: String(settings.batchSize),
    IMPORT_MEMORY_MB: String(settings.importMemoryMb),
    LARGE_MEMORY_MB: String(settings.largeMemoryMb),
    LARGE_BYTES: String(settings.largeBytes),
    LARGE_CASES: String(settings.largeCases),
    DB_BUSY_SECONDS: String(settings.databaseBusyMs / 1000),
    ARTIFACT_MAX_BYTES: String(settings.artifactBytesMax),
    RETRY_SECONDS: settings.retryPausesMs.map((pause) => pause / 1000).join(","),
  };
}
