import { DEFAULT_SIZE_GUARD, SIZE_GUARD_ACTIONS, type SizeGuardAction } from "../model/index.ts";
import type { LogLevel } from "../platform/index.ts";
import {
  readAppName,
  readBytes,
  readChoice,
  readCount,
  readDuration,
  readLimit,
  readPath,
  readPaths,
  readSwitch,
  readText,
  readTexts,
  readTokens,
  type Reader,
  type Token,
} from "./readers.ts";

/** One row of the table that drives parsing, flags, docs/reference/config.md and `config --show-origin`. */
export interface Setting<Value> {
  /** As written in the config file: "http.port" is `port` in the section `http`. */
  readonly key: string;
  readonly variable: string | null;
  /** As commander wants it, of `start` and `dev` (of `exec` for exec.*). */
  readonly flag: string | null;
  readonly fallback: Value;
  /** The default in words, for the reference. */
  readonly fallbackText: string;
  readonly description: string;
  readonly secret: boolean;
  readonly read: Reader<Value>;
}

export type AnySetting = Setting<unknown>;

function setting<Value>(key: string, parts: Omit<Setting<Value>, "key" | "secret"> & { readonly secret?: boolean }): Setting<Value> {
  return { secret: false, ...parts, key };
}

const TIERS = ["auto", "cgroup", "pidns", "scan"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const satisfies readonly LogLevel[];
const MEBIBYTE = 1024 ** 2;
const DAY_MS = 86_400_000;

export const SETTINGS = {
  dataDir: setting<string>("dataDir", {
    variable: "COFFERDAM_DATA_DIR",
    flag: "--data-dir <path>",
    fallback: ".cofferdam",
    fallbackText: "./.cofferdam",
    description: "where the embedded store, the logs and the ledger live; one process at a time",
    read: readPath,
  }),
  jobs: setting<readonly string[]>("jobs", {
    variable: "COFFERDAM_JOBS",
    flag: null,
    fallback: ["jobs"],
    fallbackText: "./jobs",
    description: "job modules: files, or directories whose *.ts, *.mts, *.js and *.mjs files are loaded; also the arguments of start, dev and run's --jobs",
    read: readPaths,
  }),
  http: setting<boolean>("http", {
    variable: "COFFERDAM_HTTP",
    flag: "--no-http",
    fallback: true,
    fallbackText: "on",
    description: "whether there is an HTTP API; in the file http: false, or an object with the settings below",
    read: readSwitch,
  }),
  host: setting<string>("http.host", {
    variable: "COFFERDAM_HOST",
    flag: "--host <address>",
    fallback: "127.0.0.1",
    fallbackText: "127.0.0.1",
    description: "address the HTTP API listens on; any address beyond loopback needs a token",
    read: readText,
  }),
  port: setting<number>("http.port", {
    variable: "COFFERDAM_PORT",
    flag: "--port <number>",
    fallback: 7070,
    fallbackText: "7070",
    description: "port the HTTP API listens on; 0 picks a free one",
    read: readCount(0, 65_535),
  }),
  tokens: setting<readonly Token[]>("http.tokens", {
    variable: "COFFERDAM_TOKEN",
    flag: null,
    fallback: [],
    fallbackText: "none",
    description: "who may call the HTTP API: token and role (read, operate, admin); COFFERDAM_TOKEN is one admin token, COFFERDAM_TOKEN_FILE a file of tokens",
    secret: true,
    read: readTokens,
  }),
  allowedHosts: setting<readonly string[]>("http.allowedHosts", {
    variable: "COFFERDAM_ALLOWED_HOSTS",
    flag: null,
    fallback: [],
    fallbackText: "none",
    description: "further Host header values that are accepted",
    read: readTexts,
  }),
  app: setting<string | null>("http.app", {
    variable: "COFFERDAM_APP",
    flag: "--app <name>",
    fallback: null,
    fallbackText: "none",
    description: "an app that is served at / as well, beside the API",
    read: readAppName,
  }),
  inputMax: setting<number>("inputMax", {
    variable: "COFFERDAM_INPUT_MAX",
    flag: null,
    fallback: 8 * MEBIBYTE,
    fallbackText: "8MB",
    description: "size limit of one job's input",
    read: readBytes,
  }),
  sizeGuardMax: setting<number>("sizeGuard.max", {
    variable: "COFFERDAM_SIZE_GUARD_MAX",
    flag: null,
    fallback: DEFAULT_SIZE_GUARD.bytesMax,
    fallbackText: "5MB",
    description: "an input larger than this is dealt with before its job runs; a type may have its own",
    read: readBytes,
  }),
  sizeGuardAction: setting<SizeGuardAction>("sizeGuard.action", {
    variable: "COFFERDAM_SIZE_GUARD_ACTION",
    flag: null,
    fallback: DEFAULT_SIZE_GUARD.action,
    fallbackText: DEFAULT_SIZE_GUARD.action,
    description: "quarantine: it waits until somebody has looked at it; route: it waits in the high-memory lane; off",
    read: readChoice(SIZE_GUARD_ACTIONS),
  }),
  laneBacklogMax: setting<number>("laneBacklogMax", {
    variable: "COFFERDAM_LANE_BACKLOG_MAX",
    flag: null,
    fallback: 1_000_000,
    fallbackText: "1000000",
    description: "jobs that may wait in a lane before intake answers 429",
    read: readCount(1, 1_000_000_000),
  }),
  drainTimeout: setting<number>("drainTimeout", {
    variable: "COFFERDAM_DRAIN_TIMEOUT",
    flag: "--drain-timeout <duration>",
    fallback: 30_000,
    fallbackText: "30s",
    description: "how long a shutdown waits for running jobs",
    read: readDuration,
  }),
  recycleAfter: setting<number>("recycleAfter", {
    variable: "COFFERDAM_RECYCLE_AFTER",
    flag: null,
    fallback: 50_000,
    fallbackText: "50000",
    description: "attempts a warm worker runs before it is replaced, by chance 75 to 125 % of it",
    read: readCount(1, 1_000_000_000),
  }),
  recycleGrowth: setting<number>("recycleGrowth", {
    variable: "COFFERDAM_RECYCLE_GROWTH",
    flag: null,
    fallback: 64 * MEBIBYTE,
    fallbackText: "64MB",
    description: "growth of a warm worker's idle memory that makes it be replaced",
    read: readBytes,
  }),
  retentionSucceeded: setting<number>("retention.succeeded", {
    variable: "COFFERDAM_RETENTION_SUCCEEDED",
    flag: null,
    fallback: DAY_MS,
    fallbackText: "1d",
    description: "how long succeeded jobs are kept",
    read: readDuration,
  }),
  retentionFailed: setting<number>("retention.failed", {
    variable: "COFFERDAM_RETENTION_FAILED",
    flag: null,
    fallback: 30 * DAY_MS,
    fallbackText: "30d",
    description: "how long failed and cancelled jobs are kept; quarantined jobs are kept for good",
    read: readDuration,
  }),
  memoryLimit: setting<number | null>("memory.limit", {
    variable: "COFFERDAM_MEMORY_LIMIT",
    flag: null,
    fallback: null,
    fallbackText: "the container's limit, else the machine's memory",
    description: "memory that this runtime may plan with, such as 4GB",
    read: readLimit(readBytes),
  }),
  memoryMargin: setting<number | null>("memory.margin", {
    variable: "COFFERDAM_MEMORY_MARGIN",
    flag: null,
    fallback: null,
    fallbackText: "a tenth of the limit, at least 256MB",
    description: "memory that no attempt may reserve: for the runtime itself, idle workers and everybody else",
    read: readLimit(readBytes),
  }),
  memoryReservation: setting<number>("memory.reservation", {
    variable: "COFFERDAM_MEMORY_RESERVATION",
    flag: null,
    fallback: 512 * MEBIBYTE,
    fallbackText: "512MB",
    description: "what an attempt reserves whose type has no memory budget and has not been observed yet",
    read: readBytes,
  }),
  memoryGate: setting<boolean>("memory.gate", {
    variable: "COFFERDAM_MEMORY_GATE",
    flag: null,
    fallback: true,
    fallbackText: "on",
    description: "start nothing more while the machine itself is short of memory",
    read: readSwitch,
  }),
  memoryBypassMax: setting<number>("memory.bypassMax", {
    variable: "COFFERDAM_MEMORY_BYPASS_MAX",
    flag: null,
    fallback: 100,
    fallbackText: "100",
    description: "attempts that may pass a job that does not fit, before room is kept for it",
    read: readCount(0, 1_000_000),
  }),
  memoryBypassTime: setting<number>("memory.bypassTime", {
    variable: "COFFERDAM_MEMORY_BYPASS_TIME",
    flag: null,
    fallback: 60_000,
    fallbackText: "1m",
    description: "how long a job that does not fit may be passed, before room is kept for it",
    read: readDuration,
  }),
  release: setting<string | null>("release", {
    variable: "COFFERDAM_RELEASE",
    flag: null,
    fallback: null,
    fallbackText: "none",
    description: "what you call the code that runs, such as a version or a commit; kept with every incident, so that a fix can be said to be in a release",
    read: readText,
  }),
  healing: setting<boolean>("healing", {
    variable: "COFFERDAM_HEALING",
    flag: null,
    fallback: true,
    fallbackText: "on",
    description: "whether lanes and job types that fail too much are held back; in the file healing: false, or an object with the settings below",
    read: readSwitch,
  }),
  healingWindow: setting<number>("healing.window", {
    variable: "COFFERDAM_HEALING_WINDOW",
    flag: null,
    fallback: 600_000,
    fallbackText: "10m",
    description: "time over which failures are counted",
    read: readDuration,
  }),
  healingMinimum: setting<number>("healing.minimum", {
    variable: "COFFERDAM_HEALING_MINIMUM",
    flag: null,
    fallback: 20,
    fallbackText: "20",
    description: "attempts that must have ended in the window before anything trips",
    read: readCount(1, 1_000_000),
  }),
  healingShare: setting<number>("healing.share", {
    variable: "COFFERDAM_HEALING_SHARE",
    flag: null,
    fallback: 80,
    fallbackText: "80",
    description: "percent of them that fail (of a type: errors and deaths; of a lane: deaths) when it trips, 1 to 100",
    read: readCount(1, 100),
  }),
  healingCooldown: setting<number>("healing.cooldown", {
    variable: "COFFERDAM_HEALING_COOLDOWN",
    flag: null,
    fallback: 30_000,
    fallbackText: "30s",
    description: "how long nothing is started after the first trip; doubled with each further one, up to 20 times as long",
    read: readDuration,
  }),
  healingObserve: setting<number>("healing.observe", {
    variable: "COFFERDAM_HEALING_OBSERVE",
    flag: null,
    fallback: 30_000,
    fallbackText: "30s",
    description: "how long a step of the ramp (1, 2, 4 … at once) is watched before the next one",
    read: readDuration,
  }),
  predictRouting: setting<boolean>("predictRouting", {
    variable: "COFFERDAM_PREDICT_ROUTING",
    flag: null,
    fallback: false,
    fallbackText: "off",
    description: "send a new job to the high-memory lane when the past of its type says that its input needs more than its budget",
    read: readSwitch,
  }),
  workerNice: setting<number>("workerNice", {
    variable: "COFFERDAM_WORKER_NICE",
    flag: null,
    fallback: 10,
    fallbackText: "10",
    description: "nice value added for workers, 0 to 19: the API stays ahead of the jobs",
    read: readCount(0, 19),
  }),
  tier: setting<(typeof TIERS)[number]>("tier", {
    variable: "COFFERDAM_TIER",
    flag: "--tier <tier>",
    fallback: "auto",
    fallbackText: "auto",
    description: "strongest enforcement to use: auto, cgroup, pidns or scan",
    read: readChoice(TIERS),
  }),
  logLevel: setting<LogLevel>("logLevel", {
    variable: "COFFERDAM_LOG_LEVEL",
    flag: "--log-level <level>",
    fallback: "info",
    fallbackText: "info",
    description: "trace, debug, info, warn, error or silent",
    read: readChoice(LOG_LEVELS),
  }),
  execMemory: limit("memory", "<size>", readBytes, "memory of the whole process tree, such as 512MB"),
  execPids: limit("pids", "<count>", readCount(1, 4_194_304), "threads plus processes of the whole tree"),
  execTime: limit("time", "<duration>", readDuration, "longest wall time, such as 5m"),
  execStall: limit("stall", "<duration>", readDuration, "longest silence: no output and no progress"),
  execBlock: limit("block", "<duration>", readDuration, "longest blocked event loop (Node job modules only)"),
  execOutput: limit("output", "<size>", readBytes, "log bytes, standard output and standard error together"),
  execGrace: setting<number>("exec.grace", {
    variable: "COFFERDAM_EXEC_GRACE",
    flag: "--grace <duration>",
    fallback: 2000,
    fallbackText: "2s",
    description: "how long the program may take to end by itself after it is asked to",
    read: readDuration,
  }),
} as const;

function limit(name: string, argument: string, read: Reader<number>, description: string): Setting<number | null> {
  return setting<number | null>(`exec.${name}`, {
    variable: `COFFERDAM_EXEC_${name.toUpperCase()}`,
    flag: `--${name} ${argument}`,
    fallback: null,
    fallbackText: "none",
    description: `budget of cofferdam exec: ${description}`,
    read: readLimit(read),
  });
}

/** Every setting, in the order of the reference. Lanes are apart: their names are the operator's. */
export const SETTING_LIST: readonly AnySetting[] = Object.values(SETTINGS);

/** The lanes' row of the reference; `lanes.<name>` in origins. */
export const LANES_ROW = {
  key: "lanes",
  variable: "COFFERDAM_LANES",
  flag: "--lane <name=concurrency>",
  fallbackText: "default: number of CPUs, at least 2; high-memory: 1",
  description:
    "lanes: how many attempts each runs at once, and what an attempt may use of memory there if that is more than its budget, such as { browsers: { concurrency: 2, memory: '2GB' } }; in the environment default=4,browsers=2",
} as const;
