import { APP_ACCESS, CofferdamError, parseDuration, suggestName, type AppMount, type JobType } from "../model/index.ts";
import { DEFINITION, type AppDefinition, type AppScheduleOptions, type CommandDefinition, type JobDefinition, type ServiceOptions } from "../define.ts";

const APP_KEYS = ["name", "description", "jobs", "services", "schedules", "routes", "pages", "budget", "access", "timeout"] as const;
const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,49}$/;
const DEFAULT_TIMEOUT_MS = 30_000;

/** What is in an app, each under the name by which a worker finds it again. */
export interface AppPart {
  readonly exportName: string;
  readonly definition: JobDefinition | CommandDefinition;
}

export function isApp(value: unknown): value is AppDefinition {
  return typeof value === "object" && value !== null && DEFINITION in value && value[DEFINITION] === "app";
}

/** @throws CofferdamError `job_module_broken`, naming the option. */
export function checkApp({ options }: AppDefinition): void {
  if (typeof options !== "object" || options === null) throw refuse("the app has no options");
  for (const key of Object.keys(options)) if (!(APP_KEYS as readonly string[]).includes(key)) throw refuse(`${key}: there is no such option${suggestName(key, APP_KEYS)}`);
  if (typeof options.name !== "string" || !NAME_PATTERN.test(options.name)) throw refuse(`name: ${JSON.stringify(options.name)} is not a name of small letters, digits and "-"`);
  for (const key of ["jobs", "services", "schedules"] as const) if (options[key] !== undefined && !Array.isArray(options[key])) throw refuse(`${key}: must be a list`);
  if (options.access !== undefined && !APP_ACCESS.includes(options.access)) throw refuse(`access: ${JSON.stringify(options.access)} is none of ${APP_ACCESS.join(", ")}`);
}

export function partsOf(app: AppDefinition, exportName: string): readonly AppPart[] {
  const { jobs = [], services = [] } = app.options;
  return [
    ...jobs.map((definition, index) => ({ exportName: `${exportName}#jobs/${index}`, definition })),
    ...services.map((definition, index) => ({ exportName: `${exportName}#services/${index}`, definition })),
  ];
}

/** Whether it has addresses, and therefore a process of its own. */
export function hasAddresses({ options }: AppDefinition): boolean {
  return options.routes !== undefined || options.pages !== undefined;
}

export function mountOf({ options }: AppDefinition): AppMount {
  return { name: options.name, access: options.access ?? "read", timeoutMs: options.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(options.timeout, "timeout") };
}

/** The rules of the process behind an app's addresses. One that cannot be kept alive is down alone: no address is worth the runtime. */
export function appServiceOptions({ options }: AppDefinition): Omit<ServiceOptions, "run"> & { readonly run: () => void } {
  return {
    name: `app.${options.name}`,
    description: options.description ?? `the addresses of the app ${options.name}`,
    freshness: "15s",
    startup: "30s",
    budget: { memory: "256MB", pids: 64, block: "10s", ...options.budget },
    restart: { backoff: { base: "500ms", max: "30s" }, intensity: { restarts: 10, within: "10m" }, escalate: "stop" },
    run: () => undefined,
  };
}

/** Schedules that the app adds to its own job types. */
export function withSchedules(types: readonly JobType[], schedules: readonly AppScheduleOptions[], describe: (schedule: AppScheduleOptions) => JobType["schedules"]): JobType[] {
  for (const { type } of schedules)
    if (!types.some((jobType) => jobType.type === type && jobType.service === undefined))
      throw refuse(
        `schedules: the app has no job type ${JSON.stringify(type)}${suggestName(
          type,
          types.map((jobType) => jobType.type),
        )}`,
      );
  return types.map((jobType) => ({
    ...jobType,
    schedules: [...jobType.schedules, ...schedules.filter(({ type }) => type === jobType.type).flatMap(describe)],
  }));
}

function refuse(message: string): CofferdamError {
  return new CofferdamError("job_module_broken", message);
}
