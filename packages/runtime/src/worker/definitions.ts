import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  CofferdamError,
  DEFAULT_SIZE_GUARD,
  HEAP_SNAPSHOTS,
  parseBytes,
  SIZE_GUARD_ACTIONS,
  type SizeGuard,
  DEFAULT_JOB_BUDGET,
  DEFAULT_RETRY,
  MODULE_MEMORY_BYTES_MIN,
  MODULE_PIDS_MIN,
  parseCount,
  parseDuration,
  resolveBudget,
  suggestName,
  type BrokenModule,
  type JobType,
  type RetryPolicy,
  type ScheduleDefinition,
} from "../model/index.ts";
import {
  DEFINITION,
  type AppDefinition,
  type CommandDefinition,
  type CommandOptions,
  type JobDefinition,
  type JobOptions,
  type RetryOptions,
  type ScheduleOptions,
  type ServiceOptions,
  type SizeGuardOptions,
} from "../define.ts";
import { appServiceOptions, checkApp, hasAddresses, isApp, mountOf, partsOf, withSchedules } from "./describe-app.ts";
import { describeRules } from "./describe-service.ts";
import { describeError, placeOf } from "./errors.ts";

export type Definition = JobDefinition | CommandDefinition;

const SERVICE_KEYS = ["name", "description", "budget", "freshness", "startup", "restart", "grace", "heapSnapshot", "run"] as const;
const SHARED_KEYS = ["type", "description", "lane", "budget", "sizeGuard", "retry", "concurrency", "priority", "grace", "schedule", "input"] as const;
const MODULE_KEYS = [...SHARED_KEYS, "isolation", "heapSnapshot", "run"] as const;
const COMMAND_KEYS = [...SHARED_KEYS, "command", "cwd", "env", "stdin"] as const;
const TYPE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const DEFAULT_GRACE_MS = 2000;
const CHECK_TIMEOUT_MS = 5000;
/** What a module's job types come to as JSON: they are told in the header of a frame, with room for what else is in it. */
const DESCRIPTION_BYTES_MAX = 1_000_000;

export function isDefinition(value: unknown): value is Definition {
  return typeof value === "object" && value !== null && DEFINITION in value;
}

/** Loads modules and says what job types they define; one broken module never hides another. */
export async function describeModules(moduleUrls: readonly string[]): Promise<{ types: JobType[]; broken: BrokenModule[] }> {
  const types: JobType[] = [];
  const broken: BrokenModule[] = [];
  for (const moduleUrl of moduleUrls) {
    try {
      types.push(...checkSize(await describeModule(moduleUrl)));
    } catch (error) {
      const info = describeError(error);
      broken.push({ moduleUrl, message: info.message, at: findPlace(error, moduleUrl), stack: info.stack });
    }
  }
  return { types, broken };
}

function checkSize(types: JobType[]): JobType[] {
  const sizes = types.map((jobType) => Buffer.byteLength(JSON.stringify(jobType)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes <= DESCRIPTION_BYTES_MAX) return types;
  const largest = types[sizes.indexOf(Math.max(...sizes))]?.type ?? "";
  throw new CofferdamError(
    "job_module_broken",
    `the definitions of the module come to ${bytes} bytes as JSON, most of them those of ${largest}; ${DESCRIPTION_BYTES_MAX} at most`,
    {
      hint: "Check long lists (an enum of thousands of names) in run() instead of in the schema of the input, or divide the module.",
    },
  );
}

function findPlace(error: unknown, moduleUrl: string): string {
  if (error instanceof MisdefinedError) return error.at;
  return (error instanceof SyntaxError ? syntaxPlace(moduleUrl) : null) ?? placeOf(error, moduleUrl);
}

/** A syntax error does not say its line, but `node --check` does. */
function syntaxPlace(moduleUrl: string): string | null {
  const path = fileURLToPath(moduleUrl);
  const { stderr } = spawnSync(process.execPath, ["--check", path], { encoding: "utf8", timeout: CHECK_TIMEOUT_MS });
  const line = /^(?:file:\/\/)?(\/.*:\d+)$/m.exec(stderr ?? "");
  return line?.[1] ?? null;
}

async function describeModule(moduleUrl: string): Promise<JobType[]> {
  const exported: Record<string, unknown> = await import(moduleUrl);
  const found = Object.entries(exported).filter(([, value]) => isDefinition(value));
  if (found.length === 0) {
    const names = Object.keys(exported);
    throw new CofferdamError("job_module_broken", `the module exports no job definition (it exports ${names.length === 0 ? "nothing" : names.join(", ")})`, {
      hint: "export default defineJob({ type, run }) or defineCommand({ type, command }).",
    });
  }
  // What belongs to an app is described with it, also when it is exported by itself.
  const inApps = new Set<unknown>(found.flatMap(([name, value]) => (isApp(value) ? partsOf(value, name).map(({ definition }) => definition) : [])));
  return found.flatMap(([exportName, value]) => {
    if (inApps.has(value)) return [];
    const definition = value as Definition | AppDefinition;
    try {
      return isApp(definition) ? describeApp(definition, moduleUrl, exportName) : describeDefinition(definition, moduleUrl, exportName);
    } catch (error) {
      throw error instanceof MisdefinedError ? error : new MisdefinedError(error, definition.definedAt);
    }
  });
}

function describeApp(app: AppDefinition, moduleUrl: string, exportName: string): JobType[] {
  checkApp(app);
  const types = partsOf(app, exportName).map((part) => {
    if (!isDefinition(part.definition)) throw refuse(`${part.exportName.split("#")[1]}: is no definition`);
    try {
      return describeDefinition(part.definition, moduleUrl, part.exportName);
    } catch (error) {
      throw new MisdefinedError(error, part.definition.definedAt);
    }
  });
  const all = withSchedules(types, app.options.schedules ?? [], (schedule) => resolveSchedules(schedule.type, schedule));
  if (!hasAddresses(app)) return all;
  const service = {
    [DEFINITION]: "module",
    definedAt: app.definedAt,
    options: { type: `app.${app.options.name}`, run: () => undefined },
    service: appServiceOptions(app),
  } as const;
  return [...all, { ...describeDefinition(service, moduleUrl, `${exportName}#app`), app: mountOf(app) }];
}

/** A definition that cannot be used, with the line that made it. */
class MisdefinedError extends Error {
  override readonly name = "MisdefinedError";
  readonly at: string;

  constructor(cause: unknown, at: string) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.at = at;
  }
}

/** Checks everything that a user can write, and completes it from the defaults. */
export function describeDefinition(definition: Definition, moduleUrl: string, exportName: string): JobType {
  const kind = definition[DEFINITION];
  if ("service" in definition && definition.service !== undefined) return describeService(definition, definition.service, moduleUrl, exportName);
  const { options } = definition;
  if (typeof options !== "object" || options === null) throw refuse("the definition has no options");
  const known: readonly string[] = kind === "module" ? MODULE_KEYS : COMMAND_KEYS;
  for (const key of Object.keys(options)) if (!known.includes(key)) throw refuse(`${key}: there is no such option${suggestName(key, known)}`);
  if (typeof options.type !== "string" || !TYPE_PATTERN.test(options.type))
    throw refuse(`type: ${JSON.stringify(options.type)} is not a name of letters, digits, ".", "-" and "_"`);
  const budget = resolveBudget(options.budget, kind === "module" ? DEFAULT_JOB_BUDGET : { ...DEFAULT_JOB_BUDGET, blockMs: null });
  if (kind === "module") {
    if (budget.memoryBytes !== null && budget.memoryBytes < MODULE_MEMORY_BYTES_MIN)
      throw refuse(`budget.memory: a Node job module needs at least ${MODULE_MEMORY_BYTES_MIN / 1024 ** 2}MB`);
    if (budget.pids !== null && budget.pids < MODULE_PIDS_MIN) throw refuse(`budget.pids: a Node job module needs at least ${MODULE_PIDS_MIN} (its own threads count)`);
  } else if (budget.blockMs !== null) throw refuse("budget.block: only Node job modules have an event loop to watch");
  return {
    type: options.type,
    kind,
    moduleUrl,
    exportName,
    lane: options.lane ?? "default",
    budget,
    retry: resolveRetry(options.retry),
    sizeGuard: resolveSizeGuard(options.sizeGuard),
    concurrency: options.concurrency === undefined ? null : parseCount(options.concurrency, "concurrency"),
    isolation: "isolation" in options ? resolveIsolation(options.isolation) : kind === "command" ? "process" : "worker",
    ...("heapSnapshot" in options ? resolveHeapSnapshot(options.heapSnapshot) : {}),
    priority: options.priority === undefined ? 0 : resolvePriority(options.priority),
    graceMs: options.grace === undefined ? DEFAULT_GRACE_MS : parseDuration(options.grace, "grace"),
    validates: options.input !== undefined,
    inputJsonSchema: jsonSchemaOf(options.input),
    command: kind === "command" ? resolveCommand(options as CommandOptions<undefined>) : null,
    cwd: "cwd" in options ? (options.cwd ?? null) : null,
    env: "env" in options ? (options.env ?? {}) : {},
    stdin: "stdin" in options ? (options.stdin ?? "json") : "json",
    schedules: resolveSchedules(options.type, options.schedule),
    description: options.description ?? "",
    ...(kind === "module" ? checkRun(options as JobOptions<undefined, unknown>) : {}),
  };
}

function describeService(definition: JobDefinition, service: ServiceOptions, moduleUrl: string, exportName: string): JobType {
  if (typeof service !== "object" || service === null) throw refuse("the service has no options");
  for (const key of Object.keys(service)) if (!(SERVICE_KEYS as readonly string[]).includes(key)) throw refuse(`${key}: there is no such option${suggestName(key, SERVICE_KEYS)}`);
  if (service.budget !== undefined && "stall" in service.budget) throw refuse("budget.stall: a service has a freshness instead");
  const rules = describeRules(service);
  const { name, description, grace, budget, heapSnapshot } = service;
  const options: JobDefinition["options"] = {
    ...definition.options,
    lane: `service.${String(name)}`,
    isolation: "process",
    budget: { time: null, ...budget },
    ...(description === undefined ? {} : { description }),
    ...(grace === undefined ? {} : { grace }),
    ...(heapSnapshot === undefined ? {} : { heapSnapshot }),
  };
  const described = describeDefinition({ [DEFINITION]: "module", definedAt: definition.definedAt, options }, moduleUrl, exportName);
  // Nobody counts its ends but the room that keeps services: no policy may give it up.
  return { ...described, retry: { ...described.retry, attempts: Number.MAX_SAFE_INTEGER, deaths: Number.MAX_SAFE_INTEGER }, service: rules };
}

function checkRun(options: JobOptions<undefined, unknown>): Record<string, never> {
  if (typeof options.run !== "function") throw refuse("run: must be a function");
  return {};
}

function resolveIsolation(isolation: unknown): "process" | "worker" {
  if (isolation === undefined) return "worker";
  if (isolation === "process" || isolation === "worker") return isolation;
  throw refuse(`isolation: ${JSON.stringify(isolation)} is neither "process" nor "worker"`);
}

function resolveHeapSnapshot(written: unknown): Pick<JobType, "heapSnapshot"> {
  const found = HEAP_SNAPSHOTS.find((known) => known === written);
  if (written !== undefined && found === undefined) throw refuse(`heapSnapshot: ${JSON.stringify(written)} is none of ${HEAP_SNAPSHOTS.join(", ")}`);
  return found === undefined || found === "never" ? {} : { heapSnapshot: found };
}

function resolvePriority(priority: unknown): number {
  if (typeof priority !== "number" || !Number.isInteger(priority) || priority < -100 || priority > 100) throw refuse("priority: must be a whole number from -100 to 100");
  return priority;
}

function resolveRetry(retry: RetryOptions | undefined): RetryPolicy {
  const known = ["attempts", "deaths", "backoff"];
  for (const key of Object.keys(retry ?? {})) if (!known.includes(key)) throw refuse(`retry.${key}: there is no such option${suggestName(key, known)}`);
  const policy = {
    attempts: retry?.attempts === undefined ? DEFAULT_RETRY.attempts : parseCount(retry.attempts, "retry.attempts"),
    deaths: retry?.deaths === undefined ? DEFAULT_RETRY.deaths : parseCount(retry.deaths, "retry.deaths"),
    backoffBaseMs: retry?.backoff?.base === undefined ? DEFAULT_RETRY.backoffBaseMs : parseDuration(retry.backoff.base, "retry.backoff.base"),
    backoffMaxMs: retry?.backoff?.max === undefined ? DEFAULT_RETRY.backoffMaxMs : parseDuration(retry.backoff.max, "retry.backoff.max"),
  };
  if (policy.attempts > 1000 || policy.deaths > 100) throw refuse("retry: attempts may be at most 1000, deaths at most 100");
  return policy.backoffMaxMs < policy.backoffBaseMs ? { ...policy, backoffMaxMs: policy.backoffBaseMs } : policy;
}

function resolveSizeGuard(guard: SizeGuardOptions | undefined): SizeGuard | null {
  if (guard === undefined) return null;
  const known = ["max", "action"];
  for (const key of Object.keys(guard)) if (!known.includes(key)) throw refuse(`sizeGuard.${key}: there is no such option${suggestName(key, known)}`);
  const action = guard.action ?? DEFAULT_SIZE_GUARD.action;
  if (!SIZE_GUARD_ACTIONS.includes(action)) throw refuse(`sizeGuard.action: ${JSON.stringify(action)} is none of ${SIZE_GUARD_ACTIONS.join(", ")}`);
  return { bytesMax: guard.max === undefined ? DEFAULT_SIZE_GUARD.bytesMax : parseBytes(guard.max, "sizeGuard.max"), action };
}

function resolveCommand(options: CommandOptions<undefined>): readonly string[] {
  const command: unknown = options.command;
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === "string") || command[0] === "")
    throw refuse('command: must be a list of texts, the program first, such as ["python3", "scrape.py"]');
  if (options.env !== undefined && !Object.values(options.env).every((value) => typeof value === "string")) throw refuse("env: every value must be a text");
  if (options.stdin !== undefined && options.stdin !== "json" && options.stdin !== "none") throw refuse('stdin: is neither "json" nor "none"');
  return command;
}

function resolveSchedules(type: string, schedule: ScheduleOptions | readonly ScheduleOptions[] | undefined): ScheduleDefinition[] {
  const list = schedule === undefined ? [] : isList(schedule) ? schedule : [schedule];
  return list.map((one) => {
    if (typeof one.cron !== "string") throw refuse('schedule.cron: must be a text such as "0 3 * * *"');
    if (one.overlap !== undefined && one.overlap !== "skip" && one.overlap !== "queue") throw refuse('schedule.overlap: is neither "skip" nor "queue"');
    if (one.catchUp !== undefined && one.catchUp !== "latest" && one.catchUp !== "none") throw refuse('schedule.catchUp: is neither "latest" nor "none"');
    return {
      key: one.key ?? type,
      cron: one.cron,
      timeZone: one.timeZone ?? "UTC",
      input: JSON.stringify(one.input ?? null),
      overlap: one.overlap ?? "skip",
      catchUp: one.catchUp ?? "latest",
    };
  });
}

function isList(schedule: ScheduleOptions | readonly ScheduleOptions[]): schedule is readonly ScheduleOptions[] {
  return Array.isArray(schedule);
}

/** Schema libraries that can (zod 4: `toJSONSchema` on the instance) tell their JSON Schema; the others say nothing. */
function jsonSchemaOf(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return null;
  try {
    if ("toJSONSchema" in schema && typeof schema.toJSONSchema === "function") return schema.toJSONSchema();
  } catch {
    // a schema with transforms has none
  }
  return null;
}

function refuse(message: string): CofferdamError {
  return new CofferdamError("job_module_broken", message);
}
