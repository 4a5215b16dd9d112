// incident: abnormal ends that are the same trouble, as one record with a report.
// Owns: fingerprints, reports and how they read, validation of a fix. Never: changes a job, names a cause.
// In: an attempt's record with its verdict and evidence. Out: an occurrence to settle, a report in JSON, Markdown and text.
export { describeOccurrence, normalise } from "./fingerprint.ts";
export { curveSvg, curveText } from "./curve.ts";
export { createTroubleWatch, type TroubleWatch } from "./trouble-watch.ts";
export { HURT_MAX, HURT_WINDOW_MS } from "./impact.ts";
export { renderMarkdown } from "./markdown.ts";
export { buildReport, type IncidentReport, type ReportInput } from "./report.ts";
export { beginValidation, observe, parseRule, RULES_MAX, type Observation } from "./validation.ts";
export { watchValidations, type ValidationWatch } from "./watch-validations.ts";
