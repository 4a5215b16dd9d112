import { z } from "@hono/zod-openapi";
import { APP_ACCESS, BREAKER_STATES, CAUSES, INCIDENT_CAUSES, INCIDENT_SCOPES, INCIDENT_STATES, JOB_STATES, PRESSURE_LEVELS, RESTART_REASONS } from "../model/index.ts";

// The JSON shapes of answers. A test checks what the views really render against these.

const time = z.iso.datetime();
const count = z.number().int().nonnegative();
const jsonValue = z.unknown();

export const JOB = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    lane: z.string(),
    state: z.enum(JOB_STATES),
    priority: z.number().int(),
    tags: z.array(z.string()),
    unique_key: z.string().nullable(),
    created_at: time,
    run_at: time,
    started_at: time.nullable(),
    ended_at: time.nullable(),
    attempts: count,
    errors: count,
    deaths: count,
    cause: z.enum(CAUSES).nullable(),
    summary: z.string().nullable(),
    progress: z.strictObject({ done: z.number().nullable(), total: z.number().nullable(), note: z.string().nullable(), at: time }).nullable(),
    has_checkpoint: z.boolean(),
    input_bytes: count,
    result_bytes: count.nullable(),
    schedule_slot: z.string().nullable(),
    retry_of: z.string().nullable(),
    cancel_requested: z.strictObject({ by: z.string(), reason: z.string(), at: time }).nullable(),
    quarantine: z.strictObject({ reason: z.string(), at: time }).nullable(),
    input: jsonValue.optional(),
    result: jsonValue.optional(),
    checkpoint: jsonValue.optional(),
  })
  .openapi("Job");

const FACT = z.strictObject({ fact: z.string(), value: z.union([z.string(), z.number(), z.boolean(), z.null()]), source: z.string() });

export const VERDICT = z
  .strictObject({
    cause: z.enum(CAUSES),
    summary: z.string(),
    confidence: z.enum(["certain", "likely", "possible"]),
    evidence: z.array(FACT),
    hypotheses: z.array(
      z.strictObject({
        cause: z.string(),
        text: z.string(),
        confidence: z.enum(["proven", "likely", "possible", "unsupported", "ruled-out"]),
        for: z.array(FACT),
        against: z.array(FACT),
      }),
    ),
    error: z.strictObject({ name: z.string(), message: z.string(), code: z.string().nullable(), stack: z.string().nullable(), retryable: z.boolean() }).nullable(),
    stack: z.array(z.string()),
    stage: z.string().nullable(),
  })
  .openapi("Verdict");

const BUDGET = z.strictObject({
  memory_bytes: z.number().nullable(),
  pids: z.number().nullable(),
  time_seconds: z.number().nullable(),
  stall_seconds: z.number().nullable(),
  block_seconds: z.number().nullable(),
  output_bytes: z.number().nullable(),
});

export const ATTEMPT = z
  .strictObject({
    id: z.string(),
    job_id: z.string(),
    attempt: count,
    type: z.string(),
    lane: z.string(),
    worker_id: z.string(),
    pid: z.number().int().nullable(),
    started_at: time,
    ended_at: time,
    verdict: VERDICT,
    exit: z.strictObject({ code: z.number().int().nullable(), signal: z.string().nullable() }),
    usage: z.strictObject({
      wall_seconds: z.number(),
      cpu_seconds: z.number(),
      memory_peak_bytes: z.number(),
      pids_peak: z.number(),
      output_bytes: z.number(),
      memory_method: z.string(),
    }),
    leaks: z.array(z.strictObject({ kind: z.string(), pid: z.number().nullable(), command: z.string(), state: z.string() })),
    enforcement: z.strictObject({ tier: z.enum(["cgroup", "pidns", "scan"]), memory: z.enum(["kernel", "polled"]), pids: z.enum(["kernel", "polled"]) }),
    budget: BUDGET,
    log_bytes: count.nullable(),
    next: z.enum(["complete", "retry", "quarantine", "give-up", "cancelled"]),
  })
  .openapi("Attempt");

const PAUSE = z.strictObject({ reason: z.string(), until: time.nullable(), at: time });

export const TRIP = z
  .strictObject({
    scope: z.enum(["lane", "type"]),
    name: z.string(),
    state: z.enum(["steady", "tripped", "ramping"]),
    allowed: count,
    full: count,
    trips: count,
    reason: z.string(),
    since: time,
    until: time.nullable(),
  })
  .openapi("Trip");

export const LANE = z
  .strictObject({
    name: z.string(),
    concurrency: count,
    memory_bytes: count.nullable(),
    running: count,
    ready: count,
    oldest_ready_at: time.nullable(),
    dispatch_paused: PAUSE.nullable(),
    intake_paused: PAUSE.nullable(),
    held: TRIP.nullable(),
  })
  .openapi("Lane");

const HEAD = z.strictObject({ lane: z.string(), type: z.string(), job_id: z.string(), need_bytes: count, since: time, bypassed: count });

export const LEDGER = z
  .strictObject({
    limit_bytes: count,
    limit_source: z.enum(["cgroup v2", "cgroup v1", "machine", "configured"]),
    margin_bytes: count,
    capacity_bytes: count,
    reserved_bytes: count,
    used_bytes: count,
    available_bytes: count,
    stall_percent: z.number().nullable(),
    pressure: z.strictObject({ level: z.enum(PRESSURE_LEVELS), reason: z.string() }),
    gate: z.enum(["open", "closed"]),
    reservations: z.array(z.strictObject({ lane: z.string(), type: z.string(), slots: count, bytes: count })),
    blocked: z.array(HEAD),
    kept_for: HEAD.nullable(),
    fits: z.array(z.strictObject({ lane: z.string(), type: z.string(), need_bytes: count, slots: count.nullable() })),
  })
  .openapi("Ledger");

export const SCHEDULE = z
  .strictObject({
    key: z.string(),
    type: z.string(),
    cron: z.string(),
    time_zone: z.string(),
    lane: z.string().nullable(),
    overlap: z.enum(["skip", "queue"]),
    catch_up: z.enum(["latest", "none"]),
    origin: z.enum(["definition", "api"]),
    paused: z.boolean(),
    last_slot_at: time.nullable(),
    last_job_id: z.string().nullable(),
    next_slot_at: time.nullable(),
    missed: count,
    updated_at: time,
  })
  .openapi("Schedule");

export const INCIDENT = z
  .strictObject({
    id: z.string(),
    scope: z.enum(INCIDENT_SCOPES),
    name: z.string(),
    type: z.string().nullable(),
    lane: z.string().nullable(),
    cause: z.enum(INCIDENT_CAUSES),
    title: z.string(),
    signature: z.string(),
    state: z.enum(INCIDENT_STATES),
    first_seen_at: z.string(),
    last_seen_at: z.string(),
    count: z.number().int(),
    lost_seconds: z.number(),
    last_attempt_id: z.string().nullable(),
    last_job_id: z.string().nullable(),
    releases: z.array(z.string()),
    resolved_at: z.string().nullable(),
    resolved_in_release: z.string().nullable(),
    notes: z.array(z.strictObject({ at: z.string(), by: z.string(), text: z.string() })),
  })
  .openapi("Incident");

export const BREAKER = z
  .strictObject({
    key: z.string(),
    state: z.enum(BREAKER_STATES),
    failures: count,
    trips: count,
    opened_at: time.nullable(),
    open_until: time.nullable(),
    open_seconds: z.number().nullable(),
    probes: z.array(z.strictObject({ holder: z.string(), until: time })),
    evidence: z.string().nullable(),
    by: z.string(),
    updated_at: time,
    forgotten_at: time,
  })
  .openapi("Breaker");

export const APP = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    path: z.string(),
    access: z.enum(APP_ACCESS),
    timeout_seconds: z.number(),
    service: z.string(),
    state: z.string(),
    answers: z.boolean(),
  })
  .openapi("App");

const TOLD = z.strictObject({ text: z.string(), at: time });

export const SERVICE = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    state: z.enum(["stopped", "waiting", "starting", "running", "stopping", "down"]),
    wish: z.enum(["run", "stop"]),
    wished_by: z.string(),
    job_id: z.string().nullable(),
    attempt_id: z.string().nullable(),
    worker_id: z.string().nullable(),
    pid: z.number().int().nullable(),
    started_at: time.nullable(),
    uptime_seconds: z.number().nullable(),
    next_start_at: time.nullable(),
    updates: count,
    last_update_at: time.nullable(),
    staleness_seconds: z.number().nullable(),
    freshness_seconds: z.number(),
    note: z.string().nullable(),
    memory_bytes: z.number().nullable(),
    memory_limit_bytes: z.number().nullable(),
    pids: count.nullable(),
    pids_limit: count.nullable(),
    errors: count,
    errors_recent: count,
    last_error: TOLD.nullable(),
    restarts: count,
    restarts_recent: count,
    last_restart: TOLD.extend({ reason: z.enum(RESTART_REASONS) }).nullable(),
    last_verdict: z.strictObject({ cause: z.string(), summary: z.string(), at: time }).nullable(),
    escalated: TOLD.nullable(),
    restart_requested: z.boolean(),
    should_restart: z.boolean(),
    reasons: z.array(z.strictObject({ reason: z.enum(RESTART_REASONS), text: z.string() })),
    data: jsonValue,
  })
  .openapi("Service");

export const WORKER = z
  .strictObject({
    id: z.string(),
    pid: z.number().int(),
    state: z.enum(["starting", "idle", "busy", "retiring"]),
    started_at: time,
    attempts_done: count,
    attempt: z.strictObject({ id: z.string(), job_id: z.string(), type: z.string(), lane: z.string(), since: time, stage: z.string().nullable() }).nullable(),
    handed_ahead: count,
    memory_bytes: z.number(),
    memory_limit_bytes: z.number().nullable(),
    kept: z.array(z.strictObject({ pid: z.number().int(), what: z.string(), processes: count, memory_bytes: z.number() })),
    tasks: count,
    tier: z.enum(["cgroup", "pidns", "scan"]),
  })
  .openapi("Worker");

export const TYPE = z
  .strictObject({
    type: z.string(),
    kind: z.enum(["module", "command"]),
    description: z.string(),
    module: z.string(),
    lane: z.string(),
    priority: z.number(),
    concurrency: z.number().nullable(),
    isolation: z.enum(["process", "worker"]),
    budget: BUDGET,
    retry: z.strictObject({ attempts: count, deaths: count, backoff_base_seconds: z.number(), backoff_max_seconds: z.number() }),
    grace_seconds: z.number(),
    validates: z.boolean(),
    input_json_schema: jsonValue,
    command: z.array(z.string()).nullable(),
  })
  .openapi("JobType");

export const BROKEN_MODULE = z.strictObject({ module: z.string(), message: z.string(), at: z.string().nullable(), stack: z.string().nullable() });
export const REASON = z.strictObject({ code: z.string(), text: z.string(), until: time.nullable() });
export const ENQUEUED = z.strictObject({ id: z.string(), state: z.enum(JOB_STATES), deduplicated: z.boolean() }).openapi("Enqueued");
export const STATE = z.strictObject({ id: z.string(), state: z.string() });

export const OPERATION = z
  .strictObject({
    id: z.string(),
    action: z.string(),
    state: z.enum(["running", "done", "stopped"]),
    created_at: time,
    ended_at: time.nullable(),
    seen: count,
    changed: count,
    skipped: count,
    failed: count,
    failures: z.array(z.strictObject({ job_id: z.string(), detail: z.string() })),
    canary: z.strictObject({ job_ids: z.array(z.string()), outcome: z.enum(["watching", "passed", "failed"]) }).nullable(),
    cursor: z.string().nullable(),
  })
  .openapi("Operation");

export const STATS = z.strictObject({
  since: time,
  counts: z.array(z.strictObject({ lane: z.string(), type: z.string(), state: z.string(), count, oldest_ready_at: time.nullable() })),
  types: z.array(
    z.strictObject({
      type: z.string(),
      lane: z.string(),
      attempts: count,
      by_cause: z.record(z.string(), count),
      wall_seconds_p50: z.number().nullable(),
      wall_seconds_p95: z.number().nullable(),
      wait_seconds_p50: z.number().nullable(),
      wait_seconds_p95: z.number().nullable(),
    }),
  ),
});

export function listOf(item: z.ZodType) {
  return z.strictObject({ items: z.array(item) });
}

export function pageOf(item: z.ZodType) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable(), count: z.strictObject({ value: count, capped: z.boolean() }).optional() });
}

// What is asked for.

export const ID_PARAMS = z.strictObject({ id: z.string().max(200) });
export const TIME = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const commaList = <Schema extends z.ZodType>(item: Schema) => z.preprocess((text) => (typeof text === "string" ? text.split(",") : text), z.array(item));

/** The same names select jobs in lists and in bulk operations. */
export const FILTER_FIELDS = {
  state: commaList(z.enum(JOB_STATES)).optional(),
  lane: z.string().max(200).optional(),
  type: z.string().max(200).optional(),
  tag: z.string().max(200).optional(),
  cause: z.enum(CAUSES).optional(),
  q: z.string().min(1).max(200).optional(),
  since: TIME.optional(),
  before: TIME.optional(),
};
export const FILTER = z.strictObject(FILTER_FIELDS);
