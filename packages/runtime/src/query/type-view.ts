import type { BrokenModule, JobType } from "../model/index.ts";
import { renderBudget } from "./attempt-view.ts";
import { seconds } from "./time.ts";

/** A job type. Its environment stays private: it may hold secrets. */
export function renderType(jobType: JobType) {
  return {
    type: jobType.type,
    kind: jobType.kind,
    description: jobType.description,
    module: jobType.moduleUrl,
    lane: jobType.lane,
    priority: jobType.priority,
    concurrency: jobType.concurrency,
    isolation: jobType.isolation,
    budget: renderBudget(jobType.budget),
    retry: {
      attempts: jobType.retry.attempts,
      deaths: jobType.retry.deaths,
      backoff_base_seconds: seconds(jobType.retry.backoffBaseMs),
      backoff_max_seconds: seconds(jobType.retry.backoffMaxMs),
    },
    grace_seconds: seconds(jobType.graceMs),
    validates: jobType.validates,
    input_json_schema: jobType.inputJsonSchema ?? null,
    command: jobType.command,
  };
}

export function renderBroken(broken: BrokenModule) {
  return { module: broken.moduleUrl, message: broken.message, at: broken.at, stack: broken.stack };
}
