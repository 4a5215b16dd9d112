import { parseBytes, parseCount, parseDuration, CofferdamError, suggestName, type ServiceRules } from "../model/index.ts";
import type { ServiceOptions, ServiceRestartOptions } from "../define.ts";

const RESTART_KEYS = ["age", "memory", "pids", "errors", "backoff", "intensity", "escalate"] as const;
const DEFAULTS = { backoffBaseMs: 1000, backoffMaxMs: 60_000, restarts: 5, withinMs: 600_000, errorsWithinMs: 600_000 } as const;

/** Checks and completes the rules of a service. @throws CofferdamError `job_module_broken`, `invalid_option`. */
export function describeRules(options: Pick<ServiceOptions, "freshness" | "startup" | "restart">): ServiceRules {
  if (options.freshness === undefined) throw refuse('freshness: a service says how often it must report an update, for example freshness: "60s"');
  const restart = options.restart ?? {};
  for (const key of Object.keys(restart))
    if (!(RESTART_KEYS as readonly string[]).includes(key)) throw refuse(`restart.${key}: there is no such option${suggestName(key, RESTART_KEYS)}`);
  const freshnessMs = parseDuration(options.freshness, "freshness");
  const backoffBaseMs = restart.backoff?.base === undefined ? DEFAULTS.backoffBaseMs : parseDuration(restart.backoff.base, "restart.backoff.base");
  const backoffMaxMs = restart.backoff?.max === undefined ? DEFAULTS.backoffMaxMs : parseDuration(restart.backoff.max, "restart.backoff.max");
  return {
    freshnessMs,
    startupMs: options.startup === undefined ? freshnessMs : parseDuration(options.startup, "startup"),
    ageMs: restart.age === undefined ? null : parseDuration(restart.age, "restart.age"),
    memoryBytes: restart.memory === undefined ? null : parseBytes(restart.memory, "restart.memory"),
    pids: restart.pids === undefined ? null : parseCount(restart.pids, "restart.pids"),
    errors: describeErrors(restart.errors),
    backoffBaseMs,
    backoffMaxMs: Math.max(backoffBaseMs, backoffMaxMs),
    intensity: {
      restarts: restart.intensity?.restarts === undefined ? DEFAULTS.restarts : parseCount(restart.intensity.restarts, "restart.intensity.restarts"),
      withinMs: restart.intensity?.within === undefined ? DEFAULTS.withinMs : parseDuration(restart.intensity.within, "restart.intensity.within"),
    },
    escalate: resolveEscalation(restart.escalate),
  };
}

function describeErrors(errors: ServiceRestartOptions["errors"]): ServiceRules["errors"] {
  if (errors === undefined) return null;
  return {
    count: parseCount(errors.count, "restart.errors.count"),
    withinMs: errors.within === undefined ? DEFAULTS.errorsWithinMs : parseDuration(errors.within, "restart.errors.within"),
  };
}

function resolveEscalation(escalate: unknown): ServiceRules["escalate"] {
  if (escalate === undefined || escalate === "runtime") return "runtime";
  if (escalate === "stop") return "stop";
  throw refuse(`restart.escalate: ${JSON.stringify(escalate)} is neither "runtime" nor "stop"`);
}

function refuse(message: string): CofferdamError {
  return new CofferdamError("job_module_broken", message);
}
