import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Control } from "./control/ports.ts";
import type { AppAccess, AppControlMethod, BudgetOptions, HeapSnapshot, Isolation, Keeper, PressureLevel } from "./model/index.ts";
import { placeOfCaller } from "./place-of-caller.ts";

/** What a running job module is given. */
export interface JobContext<Input> {
  /** Id of the job: the same for every attempt. */
  readonly id: string;
  readonly attemptId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly type: string;
  /** The input after the schema's own defaults and transforms. */
  readonly input: Input;
  /** Aborted when the job should end: `signal.reason` is an Error named `JobAbort` whose `kind` is `"time" | "stall" | "cancel" | "drain"`. After the grace time the process tree is ended. */
  readonly signal: AbortSignal;
  /** What the last durable `checkpoint()` of an earlier attempt stored; undefined on a fresh start. */
  readonly resumeFrom: unknown;
  /** A temporary directory of this attempt alone (also `TMPDIR`); removed with it. */
  readonly scratch: string;
  /**
   * Says how far the job is. Feeds the stall clock, the event stream and the evidence. Cheap: call it as often as you like.
   * @example job.progress({ done: 2500, total: 100000, note: "rows" })
   */
  progress(progress: { readonly done?: number; readonly total?: number; readonly note?: string }): void;
  /**
   * Stores a point to resume from; resolves once it is on disk. At most 1 MB of JSON.
   * @throws JobAbort when this attempt no longer owns the job.
   */
  checkpoint(value: unknown): Promise<void>;
  /**
   * Runs a named part of the work with a time budget of its own, inside the attempt's time; stages may be nested. `budget` is a text such as "8s" or milliseconds.
   * When its time is over the function's signal is aborted and the stage rejects at once with an Error named `StageTimeout` (`code` "stage_timeout", `stage`, `budgetMs`).
   * A function that has not returned 500 ms later costs the whole attempt: it is ended as `over-time`, and its verdict names the stage. Entering a stage counts as progress.
   * The attempt ends when all functions have returned.
   * @throws StageTimeout; TypeError for a name that is not a text of 1 to 100 characters; CofferdamError `invalid_option` for a budget that cannot be read.
   * @example const page = await job.stage("goto", "8s", (signal) => fetch(url, { signal }));
   */
  stage<Result>(name: string, budget: string | number, work: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result>;
  /** How the machine's memory is now: with "some", hold less; with "high", nothing more is started and this job should get by with as little as it can. */
  readonly pressure: PressureLevel;
  /**
   * Calls back when the pressure changes, until the attempt ends; returns how to stop that.
   * @example job.onPressure((level) => { if (level !== "none") cache.clear(); });
   */
  onPressure(listener: (level: PressureLevel) => void): () => void;
  /**
   * The breaker of this key (1 to 200 characters), shared by all workers.
   * @throws TypeError, RangeError or CofferdamError for a key or options that are not valid.
   * @example
   * const breaker = job.breaker("domain:example.com");
   * if (!(await breaker.state()).allowed) return "skipped";
   * if (await isBlocked(page)) await breaker.trip({ evidence: "403 with a challenge", forMs: "1h" });
   */
  breaker(key: string, options?: BreakerOptions): Breaker;
  /**
   * Counts something for the metrics: `cofferdam_counted_total{type,name}`. Cheap; told to the runtime four times a second and at the end. 0 makes the counter exist.
   * At most 100 names for each type; what comes after them is counted as "other".
   * @throws TypeError for a name that is not 1 to 80 letters, digits, dots, dashes or underscores; RangeError for a number that is negative or not finite.
   * @example job.count("rows-skipped", skipped.length)
   */
  count(name: string, by?: number): void;
  /** Keeps a process for the next attempt of this type in this worker; null where there is no next one (`isolation: "process"`, `contain`). */
  readonly keeper: Keeper | null;
}

/** How a breaker behaves for the one who asks; defaults for everything. */
export interface BreakerOptions {
  /** `failure()` calls in a row that open it, 1 to 1000. Default 5. */
  readonly failures?: number;
  /** How long it stays open, ms or "5m", at most 30 days; doubled each time a try fails, up to a day. Default "5m". */
  readonly forMs?: number | string;
  /** How many may try at once when its time is over, 1 to 100. Default 1. */
  readonly probes?: number;
  /** How long a try may take before another one is let through, ms or "1m". Default "1m". */
  readonly probeMs?: number | string;
}

export interface BreakerView {
  /** half-open: its time is over, and a few may try. */
  readonly state: "closed" | "open" | "half-open";
  /** Whether this attempt may go on. When it is half-open and this is true, this attempt is the one that tries: say `success()` or `failure()`. */
  readonly allowed: boolean;
  /** When to ask again, Unix ms; null when it may go on. */
  readonly untilMs: number | null;
  readonly evidence: string | null;
}

/** Shared memory of all workers that a target refuses us. On disk: it outlives attempts, workers and runtimes. */
export interface Breaker {
  /** Asks whether to go on. What is known to be open is answered without leaving the process. */
  state(): Promise<BreakerView>;
  /** Opens it for everybody, for at most 30 days. `evidence` is a text of at most 2000 characters that says why. Resolves when it is on disk. */
  trip(options: { readonly evidence: string; readonly forMs?: number | string }): Promise<void>;
  /** Says that the target served us. Closes it after a try. Free while there is nothing to forget. */
  success(): Promise<void>;
  /** Says that the target did not serve us. */
  failure(evidence?: string): Promise<void>;
}

/** What a stage rejects with whose time was over. Told by its `name` or `code`. */
export interface StageTimeout extends Error {
  readonly name: "StageTimeout";
  readonly code: "stage_timeout";
  /** With the names of the stages around it: "crawl > goto". */
  readonly stage: string;
  readonly budgetMs: number;
}

export interface RetryOptions {
  /** Attempts in all that may end with an error, 1 to 1000. Default 3. */
  readonly attempts?: number;
  /** Attempts in all that may end with the death of the process before the job is quarantined, 1 to 100. Default 3. */
  readonly deaths?: number;
  /** First pause (default "1s"), doubled for each further one up to `max` (default "5m"); each pause is 50 to 100 % of that, by chance. */
  readonly backoff?: { readonly base?: string | number; readonly max?: string | number };
}

export interface ScheduleOptions {
  /** Unique name; default: the job's type. */
  readonly key?: string;
  /** Five or six cron fields, e.g. "0 3 * * *". */
  readonly cron: string;
  /** IANA time zone; default "UTC". */
  readonly timeZone?: string;
  readonly input?: unknown;
  /** skip (default): no new job while the last one has not ended. queue: always a new job. */
  readonly overlap?: "skip" | "queue";
  /** latest (default): one job for the last slot missed while the runtime was down. none: missed slots are only counted. */
  readonly catchUp?: "latest" | "none";
}

export interface SizeGuardOptions {
  /** e.g. "20MB". Default "5MB". */
  readonly max?: string | number;
  /** Default "quarantine". */
  readonly action?: "quarantine" | "route" | "off";
}

interface SharedOptions {
  /** Name of the job type: letters, digits, dots, dashes, underscores; at most 100 characters. */
  readonly type: string;
  readonly description?: string;
  /** Lane the jobs wait in. Default "default". */
  readonly lane?: string;
  readonly budget?: BudgetOptions;
  /**
   * What happens to a job whose input is larger than `max`, before it runs: "quarantine" it, "route" it to the high-memory lane, or nothing ("off").
   * Default: the runtime's `sizeGuard` (5 MB, quarantine).
   */
  readonly sizeGuard?: SizeGuardOptions;
  readonly retry?: RetryOptions;
  /** How many attempts of this type run at once. Default: as many as the lane allows. */
  readonly concurrency?: number;
  /** -100 (last) to 100 (first). Default 0. */
  readonly priority?: number;
  /** How long the job may take to end by itself after it is asked to. Default "2s". */
  readonly grace?: string | number;
  readonly schedule?: ScheduleOptions | readonly ScheduleOptions[];
}

export interface JobOptions<Schema extends StandardSchemaV1 | undefined, Result> extends SharedOptions {
  /** Any Standard Schema (zod, valibot, arktype …). Checked when the job is added and again when it runs. All definitions of a module together: at most 1 MB as JSON (schemas as JSON Schema). */
  readonly input?: Schema;
  /** "worker" (default): a warm process that is used again after a clean end. "process": a fresh process for every attempt. */
  readonly isolation?: Isolation;
  /**
   * "near-limit": V8 writes a heap snapshot once, when the heap is nearly full; it is kept when the attempt dies, and its verdict and incident name the file. Default "never".
   * Writing one needs several times the memory of the heap and some seconds, so the heap gets only a quarter of `budget.memory`: write a larger budget with it. See docs/guides/incidents.md.
   */
  readonly heapSnapshot?: HeapSnapshot;
  run(job: JobContext<InputOf<Schema>>): Promise<Result> | Result;
}

export interface CommandOptions<Schema extends StandardSchemaV1 | undefined> extends SharedOptions {
  readonly input?: Schema;
  /** The program and its arguments; no shell is involved. "{input.url}" in an argument stands for that field of the input. */
  readonly command: readonly [string, ...string[]];
  /** Default: the directory of the runtime. */
  readonly cwd?: string;
  /** Added to the runtime's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** "json" (default): the input's JSON on standard input. "none": standard input is empty. */
  readonly stdin?: "json" | "none";
}

/** When a service is begun anew, and what happens when that does not help. */
export interface ServiceRestartOptions {
  /** Begun anew at this age, e.g. "12h". Default: never. */
  readonly age?: string | number;
  /** Begun anew when its tree uses more memory than this, before its budget ends it. Default: only the budget. */
  readonly memory?: string | number;
  /** Begun anew when its tree has more threads and processes than this. Default: only the budget. */
  readonly pids?: number | string;
  /** Begun anew after so many `service.error()` within the time (default "10m"). Default: errors are only counted. */
  readonly errors?: { readonly count: number; readonly within?: string | number };
  /** First pause before an unplanned restart (default "1s"), doubled for each further one up to `max` (default "1m"); each is 50 to 100 % of that, by chance. */
  readonly backoff?: { readonly base?: string | number; readonly max?: string | number };
  /** More unplanned restarts than this (default 5) within the time (default "10m") are escalated. */
  readonly intensity?: { readonly restarts?: number; readonly within?: string | number };
  /** "runtime" (default): `cofferdam start` drains and exits with code 90, for its container to start it anew. "stop": the service stays down until somebody starts it. */
  readonly escalate?: "runtime" | "stop";
}

export interface ServiceOptions {
  /** Letters, digits, dots, dashes, underscores; at most 100 characters. Job types and services share their names. */
  readonly name: string;
  readonly description?: string;
  /** As for jobs, but without a limit of time unless one is written: a service runs until it is asked to end. `stall` is replaced by `freshness`. */
  readonly budget?: Omit<BudgetOptions, "stall">;
  /** It must report an update at least this often, e.g. "60s". Looked at twice a second. */
  readonly freshness: string | number;
  /** How long its first update may take. Default: `freshness`. */
  readonly startup?: string | number;
  readonly restart?: ServiceRestartOptions;
  /** How long it may take to end by itself after it is asked to. Default "2s". */
  readonly grace?: string | number;
  /** As for jobs. V8 writes for seconds to a minute, in which there is no update: `freshness` must allow that. */
  readonly heapSnapshot?: HeapSnapshot;
  /** Runs until `service.signal` is aborted. Returning before is an end like any other: the service is begun anew. */
  run(service: ServiceContext): Promise<unknown> | unknown;
}

/** What a running service is given. `resumeFrom` is what the last `checkpoint()` of an earlier start stored. */
export interface ServiceContext extends Omit<JobContext<null>, "input" | "progress"> {
  /**
   * Says that the service is alive and fresh. `data` (JSON, at most 64 KB) is shown in its health document as it is. Cheap: call it for every update.
   * @example service.update({ note: "12 matches", data: { scrapers: [{ status: "running" }] } })
   */
  update(report?: { readonly note?: string; readonly data?: unknown }): void;
  /** The runtime: add jobs, read what they did, recycle services. */
  readonly control: AppControl;
  /** Counts an error that the service survives; feeds `restart.errors`. */
  error(error: unknown): void;
}

/** What an app's routes answer a request with. */
export type AppHandler = (request: Request) => Response | Promise<Response>;

/** The runtime, asked from another process: the methods of `Control` whose arguments and answers are JSON. A refusal rejects with an Error that has `code` and `status`. */
export type AppControl = { readonly [Method in AppControlMethod]: (...args: Parameters<Control[Method]>) => Promise<Awaited<ReturnType<Control[Method]>>> };

/** What the routes of an app are given once, when their process starts. */
export interface AppContext {
  readonly name: string;
  /** Where the app is mounted; requests arrive without it. */
  readonly basePath: string;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
  readonly control: AppControl;
}

export interface AppScheduleOptions extends ScheduleOptions {
  /** One of the app's own job types. */
  readonly type: string;
}

/** Anything with `fetch`, such as a Hono app. */
export interface AppFetcher {
  fetch(request: Request): Response | Promise<Response>;
}

export interface AppOptions {
  /** Small letters, digits and dashes; at most 50 characters. */
  readonly name: string;
  readonly description?: string;
  readonly jobs?: readonly (JobDefinition<StandardSchemaV1 | undefined, unknown> | CommandDefinition)[];
  readonly services?: readonly JobDefinition<undefined, unknown>[];
  readonly schedules?: readonly AppScheduleOptions[];
  /** Anything with `fetch` (a Hono app), or a function that makes one or a handler. Runs in a process of its own, with a budget; addresses begin at /. */
  readonly routes?: AppFetcher | ((app: AppContext) => AppFetcher | AppHandler | Promise<AppFetcher | AppHandler>);
  /** A directory of files that are served as they are; an address that ends in / means its index.html. Files come before routes. */
  readonly pages?: string | URL;
  /** Budget of the process behind the addresses. Default: 256 MB, 64 pids, blocked loop 10 s. */
  readonly budget?: ServiceOptions["budget"];
  /** Who may use the addresses. Default "read", and "operate" where a request changes something; "public": everybody who can connect. */
  readonly access?: AppAccess;
  /** How long it may take to begin an answer; then the caller gets 504. Default "30s". */
  readonly timeout?: string | number;
}

export interface AppDefinition {
  readonly [DEFINITION]: "app";
  readonly definedAt: string;
  readonly options: AppOptions;
}

type InputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : unknown;

/** The mark by which a worker recognises a definition, also across two copies of this package. */
export const DEFINITION: unique symbol = Symbol.for("cofferdam.definition") as never;

export interface JobDefinition<Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined, Result = unknown> {
  readonly [DEFINITION]: "module";
  /** "file:line:column" of the call, for messages. */
  readonly definedAt: string;
  readonly options: JobOptions<Schema, Result>;
  /** Set by `defineService`. */
  readonly service?: ServiceOptions;
}

export interface CommandDefinition<Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined> {
  readonly [DEFINITION]: "command";
  readonly definedAt: string;
  readonly options: CommandOptions<Schema>;
}

/**
 * Defines a job type whose body is a function. Export it from a module that the runtime is told of.
 * Nothing is checked here: the runtime checks every definition when it loads the module, and says file and line.
 * @example
 * export default defineJob({
 *   type: "report.import",
 *   input: z.object({ path: z.string() }),
 *   budget: { memory: "512MB", time: "5m", stall: "30s" },
 *   async run(job) { job.progress({ done: 1, note: job.input.path }); },
 * });
 */
export function defineJob<Schema extends StandardSchemaV1 | undefined = undefined, Result = unknown>(options: JobOptions<Schema, Result>): JobDefinition<Schema, Result> {
  const place = placeOfCaller();
  return {
    [DEFINITION]: "module",
    get definedAt() {
      return place();
    },
    options,
  };
}

/**
 * Defines a job type whose body is any program. It may report progress as JSON lines (`{"done":1,"total":9,"note":"…"}`) on the file descriptor named by COFFERDAM_PROGRESS_FD.
 * Exit code 0 is success. Checkpoints, stages, breakers, counters and the keeper are for modules alone.
 * @example
 * export default defineCommand({ type: "scores.scrape", command: ["python3", "scrape.py", "{input.url}"], budget: { memory: "1GB", pids: 150 } });
 */
export function defineCommand<Schema extends StandardSchemaV1 | undefined = undefined>(options: CommandOptions<Schema>): CommandDefinition<Schema> {
  const place = placeOfCaller();
  return {
    [DEFINITION]: "command",
    get definedAt() {
      return place();
    },
    options,
  };
}

/**
 * Defines always-on work: started with the runtime, watched for freshness, begun anew by rule.
 * @example
 * export default defineService({
 *   name: "scores.live",
 *   freshness: "60s",
 *   budget: { memory: "1GB", pids: 150 },
 *   restart: { age: "12h", errors: { count: 20, within: "10m" } },
 *   async run(service) {
 *     while (!service.signal.aborted) { await poll(service.signal); service.update({ note: "polled" }); }
 *   },
 * });
 */
export function defineService(options: ServiceOptions): JobDefinition<undefined, unknown> {
  const { name, run } = options ?? {};
  // A worker runs it as a job whose context has the words of a service as well.
  const asJob = { type: name, run } as unknown as JobOptions<undefined, unknown>;
  const place = placeOfCaller();
  return {
    [DEFINITION]: "module",
    get definedAt() {
      return place();
    },
    options: asJob,
    service: options,
  };
}

/**
 * Jobs, services, schedules and addresses that belong together. `cofferdam start` mounts it under /apps/<name>/; `serveApp` serves it alone.
 * @example
 * export default defineApp({
 *   name: "scores",
 *   services: [live],
 *   routes: (app) => async (request) => Response.json({ at: new URL(request.url).pathname, services: await app.control.services() }),
 * });
 */
export function defineApp(options: AppOptions): AppDefinition {
  const place = placeOfCaller();
  return {
    [DEFINITION]: "app",
    get definedAt() {
      return place();
    },
    options,
  };
}
