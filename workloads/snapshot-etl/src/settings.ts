// Every setting of the workload, read once from the environment; a bad one is an error that names it.
import { resolve } from "node:path";
import { readEnvironment, setting, writeEnvironment, type Environment } from "workload-command-line";
import { readFaults, type Faults } from "./process/faults.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number;
  /** File of a SQLite database, or postgres://… */
  readonly databaseUrl: string;
  /** Where the runtime keeps its own queue; apart from the workload's database. */
  readonly runtimeDirectory: string;
  readonly archiveDirectory: string;
  readonly upstreamUrl: string;
  readonly upstreamClientVersion: string;
  readonly ingestApiKey: string | null;
  readonly adminApiKey: string | null;
  /** Ingests per key and minute; 0 lifts the limit. */
  readonly ingestsPerMinute: number;
  /** Summaries per address and minute; 0 lifts the limit. */
  readonly summariesPerMinute: number;
  readonly workerConcurrency: number;
  readonly batchSize: number;
  readonly highmemBatchSize: number;
  readonly retriesMax: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  readonly claimTtlMs: number;
  readonly sweepMs: number;
  readonly snapshotTimeoutMs: number;
  readonly stallMs: number;
  readonly blockMs: number;
  /** Added to the niceness of workers, 0 to 19. */
  readonly workerNice: number;
  readonly workerMemoryMb: number;
  readonly highmemMemoryMb: number;
  readonly sizeGuardBytes: number;
  readonly bytesMax: number;
  readonly dedupeMs: number;
  readonly queueDepthMax: number;
  readonly jobAgeMsMax: number;
  readonly allowOldJobs: boolean;
  readonly retentionDays: number;
  readonly retentionPerUser: number;
  readonly databaseBusyMs: number;
  /** For tests of the containment: memory and loops on purpose. */
  readonly faults: Faults;
}

export const SETTING_ROWS = [
  setting("HOST", "127.0.0.1", "address to listen on"),
  setting("PORT", "3004", "port of the HTTP interface; 0 picks a free one"),
  setting("METRICS_PORT", "9091", "port of /metrics and /health alone; 0 picks a free one"),
  setting("DB_PATH", "./snapshot-etl/snapshots.db", "file of the SQLite database, or postgres://…"),
  setting("RUNTIME_DIR", "./snapshot-etl/runtime", "where the runtime keeps its queue and logs"),
  setting("ARCHIVE_DIR", "./snapshot-etl/archive", "where retention puts gzip archives"),
  setting("UPSTREAM_URL", "https://pcmob.parse.gemsofwar.com/call_function", "where profiles are fetched"),
  setting("UPSTREAM_CLIENT_VERSION", "8.0.0", "clientVersion of the upstream call"),
  setting("INGEST_API_KEY", "", "key of ingest; empty: loopback only"),
  setting("ADMIN_API_KEY", "", "key of the admin calls; empty: loopback only"),
  setting("INGEST_PER_MINUTE", "30", "ingests per key and minute; 0: no limit"),
  setting("SUMMARY_PER_MINUTE", "60", "summaries per address and minute; 0: no limit"),
  setting("WORKER_CONCURRENCY", "4", "snapshots processed at once in the normal lane"),
  setting("ETL_BATCH_SIZE", "250", "rows of one transaction"),
  setting("ETL_HIGHMEM_BATCH_SIZE", "50", "the same in the high-memory lane"),
  setting("ETL_MAX_RETRIES", "5", "attempts before a dead letter"),
  setting("ETL_BACKOFF_BASE_MS", "1000", "pause after the first failed attempt; doubled for each further one"),
  setting("ETL_BACKOFF_MAX_MS", "300000", "longest pause, before jitter of up to 20 %"),
  setting("CLAIM_TTL_MINUTES", "30", "age at which a claim is released"),
  setting("SWEEP_SECONDS", "15", "how often claims and the queue are compared"),
  setting("SNAPSHOT_TIMEOUT_SECONDS", "300", "longest time of one attempt"),
  setting("STALL_SECONDS", "60", "longest silence of one attempt"),
  setting("BLOCK_SECONDS", "30", "longest blocked event loop of a worker"),
  setting("WORKER_NICE", "10", "how much workers stand back for the API, 0 to 19"),
  setting("WORKER_MEMORY_MB", "192", "memory of one worker in the normal and the backfill lane"),
  setting("HIGHMEM_MEMORY_MB", "1024", "memory of the worker in the high-memory lane"),
  setting("SIZE_GUARD_BYTES", "5000000", "above it a snapshot is quarantined and takes the high-memory lane"),
  setting("MAX_BYTES", "33554432", "largest payload"),
  setting("DEDUPE_SECONDS", "60", "how long the same bytes are a duplicate"),
  setting("QUEUE_DEPTH_MAX", "500", "from here on ingest answers 202 with an estimate"),
  setting("JOB_MAX_AGE_DAYS", "30", "older jobs are dropped"),
  setting("ALLOW_OLD_JOBS", "false", "process them all the same"),
  setting("RETENTION_DAYS", "90", "snapshots younger than this are kept"),
  setting("RETENTION_PER_USER", "30", "as are the newest of each user"),
  setting("DB_BUSY_SECONDS", "5", "how long a statement waits for a lock"),
  setting("PROCESS_BALLAST_MB", "", 'extra memory a worker holds: "300" for every snapshot, "7:300,9:500" for chosen ids (tests)'),
  setting("PROCESS_SPIN_IDS", "", "snapshots whose worker loops for ever (tests)"),
] as const;

/** @throws SettingsError naming the variable. */
export function readSettings(environment: Environment = process.env): Settings {
  const read = readEnvironment(SETTING_ROWS, environment);
  return {
    host: read.text("HOST"),
    port: read.whole("PORT", { min: 0 }),
    metricsPort: read.whole("METRICS_PORT", { min: 0 }),
    databaseUrl: readDatabaseUrl(read.text("DB_PATH")),
    runtimeDirectory: resolve(read.text("RUNTIME_DIR")),
    archiveDirectory: resolve(read.text("ARCHIVE_DIR")),
    upstreamUrl: read.text("UPSTREAM_URL"),
    upstreamClientVersion: read.text("UPSTREAM_CLIENT_VERSION"),
    ingestApiKey: read.optional("INGEST_API_KEY"),
    adminApiKey: read.optional("ADMIN_API_KEY"),
    ingestsPerMinute: read.whole("INGEST_PER_MINUTE", { min: 0 }),
    summariesPerMinute: read.whole("SUMMARY_PER_MINUTE", { min: 0 }),
    workerConcurrency: read.whole("WORKER_CONCURRENCY", { min: 1 }),
    batchSize: read.whole("ETL_BATCH_SIZE", { min: 1 }),
    highmemBatchSize: read.whole("ETL_HIGHMEM_BATCH_SIZE", { min: 1 }),
    retriesMax: read.whole("ETL_MAX_RETRIES", { min: 1 }),
    backoffBaseMs: read.number("ETL_BACKOFF_BASE_MS", { min: 0 }),
    backoffMaxMs: read.number("ETL_BACKOFF_MAX_MS", { min: 0 }),
    claimTtlMs: read.number("CLAIM_TTL_MINUTES", { min: 0 }) * 60_000,
    sweepMs: read.number("SWEEP_SECONDS", { min: 0.05 }) * 1000,
    snapshotTimeoutMs: read.number("SNAPSHOT_TIMEOUT_SECONDS", { min: 0.1 }) * 1000,
    stallMs: read.number("STALL_SECONDS", { min: 0.1 }) * 1000,
    blockMs: read.number("BLOCK_SECONDS", { min: 0.1 }) * 1000,
    workerNice: read.whole("WORKER_NICE", { min: 0 }),
    workerMemoryMb: read.number("WORKER_MEMORY_MB", { min: 96 }),
    highmemMemoryMb: read.number("HIGHMEM_MEMORY_MB", { min: 96 }),
    sizeGuardBytes: read.whole("SIZE_GUARD_BYTES", { min: 1 }),
    bytesMax: read.whole("MAX_BYTES", { min: 1 }),
    dedupeMs: read.number("DEDUPE_SECONDS", { min: 0 }) * 1000,
    queueDepthMax: read.whole("QUEUE_DEPTH_MAX", { min: 1 }),
    jobAgeMsMax: read.number("JOB_MAX_AGE_DAYS", { min: 0 }) * 86_400_000,
    allowOldJobs: read.boolean("ALLOW_OLD_JOBS"),
    retentionDays: read.number("RETENTION_DAYS", { min: 0 }),
    retentionPerUser: read.whole("RETENTION_PER_USER", { min: 0 }),
    databaseBusyMs: read.number("DB_BUSY_SECONDS", { min: 0 }) * 1000,
    faults: readFaults(read.text("PROCESS_BALLAST_MB"), read.text("PROCESS_SPIN_IDS")),
  };
}

/** How settings reach the workers: what is written in the environment, with the directories made absolute. */
export function toEnvironment(settings: Settings, environment: Environment = process.env): Record<string, string> {
  const { databaseUrl, runtimeDirectory, archiveDirectory } = settings;
  return writeEnvironment(SETTING_ROWS, environment, { DB_PATH: databaseUrl, RUNTIME_DIR: runtimeDirectory, ARCHIVE_DIR: archiveDirectory });
}

function readDatabaseUrl(written: string): string {
  return /^postgres(ql)?:\/\//.test(written) ? written : resolve(written);
}
