// Every setting of the workload, read once from the environment; a bad one is an error that names it.

import { resolve } from "node:path";
import { readEnvironment, setting, SettingsError, type Environment } from "workload-command-line";

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
  /** Imports of ordinary size at once. */
  readonly imports: number;
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

export const SETTING_ROWS = [
  setting("PORT", "8003", "port of the HTTP interface; 0 picks a free one"),
  setting("DB_PATH", "./test-results/results.db", "file of the SQLite database"),
  setting("DATABASE_URL", "", "postgres://…; goes before DB_PATH when it is set"),
  setting("RUNTIME_DIR", "./test-results/runtime", "where the runtime keeps its queue and logs"),
  setting("JENKINS_URL", "", "address of the Jenkins that relative jobs belong to"),
  setting("JENKINS_USER", "", "user name for it"),
  setting("JENKINS_API_TOKEN", "", "token for it"),
  setting("JENKINS_BUILD_QUERY_LIMIT", "100", "newest builds that a poll looks at"),
  setting("LOGS_BASE_PATH", "./test-results/logs", "where artifacts are downloaded to"),
  setting("CLEANUP_ARTIFACTS_AFTER_IMPORT", "true", "remove them when they are imported"),
  setting("POLL_HOURS", "12", "pause between two polls; fractions allowed"),
  setting("DOWNLOADS", "5", "downloads at once"),
  setting("IMPORTS", "5", "imports of ordinary size at once; their writes take turns"),
  setting("REQUEST_TIMEOUT_SECONDS", "30", "of one request"),
  setting("IMPORT_TIMEOUT_SECONDS", "1200", "of one import"),
  setting("STALL_SECONDS", "60", "longest silence of an import"),
  setting("BATCH_SIZE", "2500", "rows of one transaction"),
  setting("IMPORT_MEMORY_MB", "256", "memory of a worker in the default lane"),
  setting("LARGE_MEMORY_MB", "512", "the same in the high-memory lane"),
  setting("LARGE_BYTES", "10485760", "above it a job takes the high-memory lane"),
  setting("LARGE_CASES", "10000", "likewise, by the number of cases"),
  setting("DB_BUSY_SECONDS", "30", "how long a statement waits for a lock"),
  setting("ARTIFACT_MAX_BYTES", "2147483648", "a single artifact above it is refused as `oversize`"),
  setting("RETRY_SECONDS", "1,2,4", "pauses before the second, third and fourth try of a request"),
] as const;

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = readEnvironment(SETTING_ROWS, environment);
  return {
    port: read.whole("PORT", { min: 0 }),
    databasePath: resolve(read.text("DB_PATH")),
    databaseUrl: readAddress(read.optional("DATABASE_URL")),
    runtimeDirectory: resolve(read.text("RUNTIME_DIR")),
    jenkinsUrl: read.optional("JENKINS_URL"),
    jenkinsUser: read.optional("JENKINS_USER"),
    jenkinsApiToken: read.optional("JENKINS_API_TOKEN"),
    buildQueryLimit: read.whole("JENKINS_BUILD_QUERY_LIMIT", { min: 1 }),
    logsBasePath: resolve(read.text("LOGS_BASE_PATH")),
    cleanupArtifacts: read.boolean("CLEANUP_ARTIFACTS_AFTER_IMPORT"),
    pollHours: read.number("POLL_HOURS", { min: 0.0001 }),
    downloads: read.whole("DOWNLOADS", { min: 1 }),
    imports: read.whole("IMPORTS", { min: 1 }),
    requestTimeoutMs: read.number("REQUEST_TIMEOUT_SECONDS", { min: 0.001 }) * 1000,
    importTimeoutMs: read.number("IMPORT_TIMEOUT_SECONDS", { min: 0.1 }) * 1000,
    stallMs: read.number("STALL_SECONDS", { min: 0.1 }) * 1000,
    batchSize: read.whole("BATCH_SIZE", { min: 1 }),
    importMemoryMb: read.number("IMPORT_MEMORY_MB", { min: 96 }),
    largeMemoryMb: read.number("LARGE_MEMORY_MB", { min: 96 }),
    largeBytes: read.whole("LARGE_BYTES", { min: 1 }),
    largeCases: read.whole("LARGE_CASES", { min: 1 }),
    databaseBusyMs: read.number("DB_BUSY_SECONDS", { min: 0 }) * 1000,
    artifactBytesMax: read.whole("ARTIFACT_MAX_BYTES", { min: 1 }),
    retryPausesMs: readPauses(read.text("RETRY_SECONDS")),
  };
}

function readAddress(written: string | null): string | null {
  if (written === null) return null;
  if (!/^postgres(ql)?:\/\//.test(written)) throw new SettingsError("DATABASE_URL: this is not a postgres:// address; a file of SQLite belongs into DB_PATH");
  return written;
}

function readPauses(written: string): number[] {
  const pauses = written.split(",").map((part) => Number(part) * 1000);
  if (pauses.some((pause) => !(pause >= 0))) throw new SettingsError(`RETRY_SECONDS: ${JSON.stringify(written)} is not a list of seconds`);
  return pauses;
}

/** The same settings as environment variables: how they reach the worker processes. */
export function toEnvironment(settings: Settings): Record<(typeof SETTING_ROWS)[number]["variable"], string> {
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
    IMPORTS: String(settings.imports),
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
