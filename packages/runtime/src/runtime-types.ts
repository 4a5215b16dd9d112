import type { Control } from "./control/ports.ts";
import type { SizeGuardOptions } from "./define.ts";
import type { LogLevel } from "./platform/index.ts";
import type { Fault, RuntimeEvent } from "./model/index.ts";

/** What can be set in cofferdam.config.ts, by environment, by flag or by `startRuntime`. */
export interface RuntimeOptions {
  /** Where the embedded store, the logs and the ledger live. Default "./.cofferdam". One process at a time. */
  readonly dataDir?: string;
  /** Job modules: files, or directories whose *.ts, *.mts, *.js and *.mjs files are loaded (not files starting with "_" or ending in .test.*). Default ["./jobs"]. */
  readonly jobs?: readonly (string | URL)[];
  /**
   * Lanes: how many attempts each runs at once (0 to 1000), and what an attempt may use of memory there if that is more than its own budget.
   * "default" always exists (the number of CPUs, at least 2), and so does "high-memory" (1; half of the memory that attempts may reserve, at least 1 GB if there is so much).
   */
  readonly lanes?: Readonly<Record<string, { readonly concurrency?: number; readonly memory?: string | number }>>;
  /** The HTTP API; false for none. Default { host: "127.0.0.1", port: 7070 }. Port 0 picks a free one. */
  readonly http?: false | HttpOptions;
  /** Size limit of one input, default "8MB". */
  readonly inputMax?: string | number;
  /** What happens to jobs with large inputs before they run. Default: more than 5 MB is quarantined. A job type may have its own. */
  readonly sizeGuard?: SizeGuardOptions;
  /** Jobs that may wait in a lane before intake answers 429. Default 1,000,000. */
  readonly laneBacklogMax?: number;
  /** How long a shutdown waits for running jobs. Default "30s". */
  readonly drainTimeout?: string | number;
  /** Attempts a warm worker runs before it is replaced; the real number is 75 to 125 % of it, by chance. Default 50000. */
  readonly recycleAfter?: number;
  /** Growth of a warm worker's idle memory that makes it be replaced. Default "64MB". */
  readonly recycleGrowth?: string | number;
  /** How long ended jobs are kept. Defaults: succeeded "1d", failed and cancelled "30d". Quarantined jobs are kept for good. */
  readonly retention?: { readonly succeeded?: string | number; readonly failed?: string | number };
  /** How the machine's memory is shared out: every attempt reserves its memory budget, and the sum never exceeds the limit less the margin. */
  readonly memory?: MemoryPlanOptions;
  /** What you call the code that runs, such as a version or a commit; kept with every incident. Default: none. */
  readonly release?: string;
  /** Lanes and job types that fail too much are held back and come back step by step; false for never. */
  readonly healing?: false | HealingOptions;
  /** Send a new job to the high-memory lane when the past of its type says that its input needs more than its budget. Default false. */
  readonly predictRouting?: boolean;
  /** Whether real work is done here. Default: whether NODE_ENV is "production". */
  readonly production?: boolean;
  /** Faults that are injected for as long as this runtime lives; refused in production unless forced. Default: none. */
  readonly chaos?: ChaosOptions;
  /** Nice value added for workers, 0 to 19. Default 10: the API stays ahead of the jobs. */
  readonly workerNice?: number;
  /** Strongest enforcement to use. Default "auto". */
  readonly tier?: "auto" | "cgroup" | "pidns" | "scan";
  /** Default "info". */
  readonly logLevel?: LogLevel;
  /**
   * Environment of job modules and of commands, added to this process's own as it is whenever something is started, without `COFFERDAM_TOKEN` and `COFFERDAM_TOKEN_FILE`.
   * Two runtimes in one process can so tell their jobs different things. Not a setting of the config file.
   * @example await startRuntime({ jobs: ["./jobs"], env: { DB_PATH: "/data/scores.db" } });
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Called for every event from the very start, also those of recovery before `startRuntime` resolves. Not a setting of the config file. */
  readonly onEvent?: (event: RuntimeEvent) => void;
}

export interface MemoryPlanOptions {
  /** Memory that this runtime may plan with, e.g. "4GB". Default: the container's limit, else the machine's memory. */
  readonly limit?: string | number;
  /** Memory that no attempt may reserve. Default: a tenth of the limit, at least 256 MB. */
  readonly margin?: string | number;
  /** What an attempt reserves whose type has no memory budget and has not been observed yet. Default "512MB". */
  readonly reservation?: string | number;
  /** Start nothing more while the machine itself is short of memory. Default true. */
  readonly gate?: boolean;
  /** Attempts that may pass a job that does not fit, before room is kept for it; 0 to 1,000,000. Default 100. */
  readonly bypassMax?: number;
  /** How long a job that does not fit may be passed. Default "1m". */
  readonly bypassTime?: string | number;
}

export interface ChaosOptions {
  /** Share of the attempts that are hit, 0 (none) to 1. */
  readonly rate: number;
  /** Default: all of them. */
  readonly faults?: readonly Fault[];
  /** Only jobs of this type. Default: of all. */
  readonly type?: string;
  /** In production too. Default false: then a runtime refuses to start there (`invalid_config`). */
  readonly force?: boolean;
}

export interface HealingOptions {
  /** Time over which failures are counted. Default "10m". */
  readonly window?: string | number;
  /** Attempts that must have ended in the window before anything trips. Default 20. */
  readonly minimum?: number;
  /** Percent of them that fail when it trips (of a type: errors and deaths; of a lane: deaths), 1 to 100. Default 80. */
  readonly share?: number;
  /** How long nothing is started after the first trip; doubled with each further one, up to 20 times as long. Default "30s". */
  readonly cooldown?: string | number;
  /** How long a step of the ramp (1, 2, 4 … at once) is watched before the next one. Default "30s". */
  readonly observe?: string | number;
}

export interface HttpOptions {
  /** Default "127.0.0.1". Any address beyond loopback needs at least one token. */
  readonly host?: string;
  /** Default 7070. */
  readonly port?: number;
  readonly tokens?: readonly { readonly token: string; readonly role: "read" | "operate" | "admin" }[];
  /** Further Host header values that are accepted. */
  readonly allowedHosts?: readonly string[];
  /** An app that is served at / as well, beside the API. Default: none. */
  readonly app?: string | null;
}

/** A running host. */
export interface Runtime {
  /** Everything the HTTP API can do, in process. */
  readonly control: Control;
  /** Address of the HTTP API, e.g. "http://127.0.0.1:7070"; null when there is none. */
  readonly url: string | null;
  /** Resolves, with the reason, when the runtime cannot work any more and must be started anew: no worker has come up for a minute. Never rejects; stays open for good when all is well. */
  readonly failed: Promise<string>;
  /** Called for every event from now on; returns how to stop that. */
  onEvent(listener: (event: RuntimeEvent) => void): () => void;
  /** Stops claiming, asks running jobs to end, drains for at most `drainTimeout`, ends every tree, closes the store. A second call is faster. Idempotent. */
  stop(): Promise<void>;
}
