import type { AppMount } from "./app.ts";
import { DEFAULT_JOB_BUDGET, type Budget } from "./budget.ts";
import type { ServiceRules } from "./service.ts";
import type { SizeGuard } from "./lane.ts";

/** When a Node job's heap is written to a file: never, or once when it is nearly full. */
export const HEAP_SNAPSHOTS = ["never", "near-limit"] as const;
export type HeapSnapshot = (typeof HEAP_SNAPSHOTS)[number];

export type Isolation = "process" | "worker";

export interface RetryPolicy {
  /** Attempts in all that may end with an error. 1 = no retry. */
  readonly attempts: number;
  /** Attempts in all that may end with a death before the job is quarantined (poison cap). */
  readonly deaths: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

/** Defaults: 3 attempts, 3 deaths, backoff 1 s doubling to at most 5 min, full jitter of 50 to 100 %. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 3, deaths: 3, backoffBaseMs: 1000, backoffMaxMs: 300_000 };

/** A schedule written in a job definition. */
export interface ScheduleDefinition {
  readonly key: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly input: string;
  readonly overlap: "skip" | "queue";
  readonly catchUp: "latest" | "none";
}

/** A job type as the host knows it: complete, plain data, learned from the module in a child process. */
export interface JobType {
  readonly type: string;
  readonly kind: "module" | "command";
  /** file: URL of the module that defines it. */
  readonly moduleUrl: string;
  readonly exportName: string;
  readonly lane: string;
  readonly budget: Budget;
  readonly retry: RetryPolicy;
  /** null: the runtime's. */
  readonly sizeGuard: SizeGuard | null;
  /** How many attempts of this type run at once; null: as many as the lane allows. */
  readonly concurrency: number | null;
  readonly isolation: Isolation;
  /** Left out: never. */
  readonly heapSnapshot?: HeapSnapshot;
  readonly priority: number;
  /** How long a job is given to end by itself after it is asked to. */
  readonly graceMs: number;
  /** Whether the module has an input schema that intake must ask. */
  readonly validates: boolean;
  /** JSON Schema of the input where the schema library can give one; for OpenAPI and forms. */
  readonly inputJsonSchema: unknown;
  /** For commands: the program and its arguments; "{input.x}" stands for a field of the input. */
  readonly command: readonly string[] | null;
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** For commands: whether the input's JSON is given on standard input. */
  readonly stdin: "json" | "none";
  readonly schedules: readonly ScheduleDefinition[];
  readonly description: string;
  /** Set for a service: it is never enqueued, but kept running. */
  readonly service?: ServiceRules;
  /** Set for the service behind the addresses of an app. */
  readonly app?: AppMount;
}

/** What a job type is where nobody said otherwise; apart from its name and its program. */
export const DEFAULT_JOB_TYPE: Omit<JobType, "type" | "kind" | "moduleUrl" | "exportName"> = {
  lane: "default",
  budget: DEFAULT_JOB_BUDGET,
  retry: DEFAULT_RETRY,
  sizeGuard: null,
  concurrency: null,
  isolation: "worker",
  priority: 0,
  graceMs: 2000,
  validates: false,
  inputJsonSchema: null,
  command: null,
  cwd: null,
  env: {},
  stdin: "none",
  schedules: [],
  description: "",
};

/** A module that could not be used, with where it broke. Other modules keep working. */
export interface BrokenModule {
  readonly moduleUrl: string;
  readonly message: string;
  /** "file:line:column" where known. */
  readonly at: string | null;
  readonly stack: string | null;
}
