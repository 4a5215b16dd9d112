// query: what callers are shown: records turned into the API's JSON, and the answer to "why is it not running?".
// Owns: the one JSON shape of job, attempt, verdict, lane, schedule, worker, event. Never: I/O, clock, decisions.
// In: records. Out: plain snake_case objects (RFC 3339 times, *_seconds, *_bytes).
export { renderActivity } from "./activity-view.ts";
export { renderApp } from "./app-view.ts";
export { renderAttempt, renderBudget, renderOutcome, renderVerdict, type AttemptOutcome, type AttemptView, type OutcomeView, type VerdictView } from "./attempt-view.ts";
export { renderBreaker } from "./breaker-view.ts";
export { renderEvent, type EventView } from "./event-view.ts";
export { renderHealth, type HealthView } from "./health-view.ts";
export { renderBudgetAdvice, renderChaos, renderLeaks } from "./learning-view.ts";
export { renderJob, type JobView } from "./job-view.ts";
export { renderCount, renderLane, renderLedger, renderReason, renderSchedule, renderTrip, renderTypeStats, renderWorker } from "./host-view.ts";
export { renderService } from "./service-view.ts";
export { renderBroken, renderType } from "./type-view.ts";
export { snakeFields } from "./snake-fields.ts";
export { renderIncident, renderReport, type IncidentView, type ReportView } from "./report-view.ts";
export { rfc3339, seconds } from "./time.ts";
export { explainWaiting, type WaitingSnapshot } from "./why.ts";
