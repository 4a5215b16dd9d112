import type { ServiceView } from "../service/index.ts";
import { rfc3339, seconds } from "./time.ts";

/** The health document of a service. `should_restart` says that a rule is broken now; `restart_requested` that its end has been asked for. */
export function renderService(view: ServiceView, nowMs: number) {
  const { record, rules } = view;
  return {
    name: view.name,
    description: view.description,
    state: view.state,
    wish: record.wish,
    wished_by: record.wishedBy,
    job_id: record.jobId,
    attempt_id: view.attemptId,
    worker_id: view.workerId,
    pid: view.pid,
    started_at: rfc3339(view.startedAtMs),
    uptime_seconds: view.startedAtMs === null ? null : seconds(Math.max(0, nowMs - view.startedAtMs)),
    next_start_at: rfc3339(view.nextStartAtMs),
    updates: view.updates,
    last_update_at: rfc3339(view.lastUpdateAtMs),
    staleness_seconds: seconds(view.stalenessMs),
    freshness_seconds: seconds(rules.freshnessMs),
    note: view.note,
    memory_bytes: view.memoryBytes,
    memory_limit_bytes: view.memoryLimitBytes,
    pids: view.tasks,
    pids_limit: view.pidsLimit,
    errors: view.errorsTotal,
    errors_recent: view.errorsInWindow,
    last_error: view.lastError === null ? null : { text: view.lastError.text, at: rfc3339(view.lastError.atMs) },
    restarts: record.restarts,
    restarts_recent: record.recentRestartsMs.filter((atMs) => atMs > nowMs - rules.intensity.withinMs).length,
    last_restart: record.lastRestart === null ? null : { reason: record.lastRestart.reason, text: record.lastRestart.text, at: rfc3339(record.lastRestart.atMs) },
    last_verdict: record.lastVerdict === null ? null : { cause: record.lastVerdict.cause, summary: record.lastVerdict.summary, at: rfc3339(record.lastVerdict.atMs) },
    escalated: record.escalated === null ? null : { text: record.escalated.text, at: rfc3339(record.escalated.atMs) },
    restart_requested: view.restartRequested !== null,
    should_restart: view.sentences.length > 0,
    reasons: view.sentences.map(({ reason, text }) => ({ reason, text })),
    data: parseData(view.data),
  };
}

/** What a service told of itself was written by its own worker; what is no JSON is not shown. */
function parseData(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
