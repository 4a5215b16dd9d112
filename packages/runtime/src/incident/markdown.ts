import type { Fact, Hypothesis, ProcessShare, RuleProgress, TroubleEnd, ValidationRecord } from "../model/index.ts";
import { formatBytes, formatDuration } from "../model/index.ts";
import { curveSvg, curveText } from "./curve.ts";
import type { IncidentReport } from "./report.ts";

/** How the memory curve is drawn: as an inline SVG, or as one line of text for a terminal. */
export type CurveStyle = "svg" | "text";

/** Renders a report. Nothing is decided here: every line is a line of the report, and every number stands before its source in brackets. */
export function renderMarkdown(report: IncidentReport, style: CurveStyle): string {
  const sections = [
    head(report),
    section("Summary", report.summary.map(inline)),
    section("Cause", cause(report)),
    section("Impact", [
      ...report.impact.map(factLine),
      ...report.hurt.map((other) => `- hurt: ${inline(other.type)} ${other.attemptId} (${other.cause}) at ${utc(other.endedAtMs)} [journal: attempts]`),
    ]),
    section("What was different", report.trigger.map(factLine)),
    section(
      "Timeline (UTC)",
      report.timeline.map(({ atMs, text, source }) => `- ${utc(atMs)} ${inline(text)} [${source}]`),
    ),
    section("The ends it follows from", report.ends.map(endLine)),
    section("Memory", curve(report, style)),
    section("What was done", report.done.map(factLine)),
    section("What to do", [inline(report.recommendation.text), "", ...report.recommendation.numbers.map(factLine)]),
    section("Reproduce", report.reproduce.length === 0 ? [] : fenced(report.reproduce)),
    section("Validation", report.validations.flatMap(validationLines)),
    section(
      "Similar in the last 7 days",
      report.similar.map(({ id, title, state, count, why }) => `- ${id} ${inline(title)} (${state}, ${count} times; ${why}) [journal: incidents]`),
    ),
    section("Supporting evidence", supporting(report)),
    section(
      "Notes",
      report.notes.map(({ atMs, by, text }) => `- ${utc(atMs)} ${inline(by)}: ${inline(text)}`),
    ),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

function head({ incident }: IncidentReport): string {
  const { id, title, state, firstSeenAtMs, lastSeenAtMs, count, resolvedInRelease } = incident;
  const release = resolvedInRelease === null ? "" : ` in release ${inline(resolvedInRelease)}`;
  return [
    `# ${inline(title)}`,
    "",
    `- incident: ${id} (${state}${release}) [journal: incident]`,
    `- seen: ${count === 1 ? "once" : `${count} times`}, first ${utc(firstSeenAtMs)}, last ${utc(lastSeenAtMs)} [journal: incident]`,
    ...(incident.releases.length === 0 ? [] : [`- releases: ${incident.releases.map(inline).join(", ")} [config: release]`]),
  ].join("\n");
}

function cause({ cause: found }: IncidentReport): readonly string[] {
  return [
    `**${found.cause}** (${found.confidence}): ${inline(found.summary)} [verdict]`,
    "",
    ...found.evidence.map(factLine),
    ...(found.suspects === "" ? [] : ["", found.suspects, ""]),
    ...found.hypotheses.flatMap(hypothesisLines),
  ];
}

function hypothesisLines({ cause: suspect, confidence, text, for: supports, against }: Hypothesis): readonly string[] {
  return [`- ${suspect}: **${confidence}**. ${inline(text)}`, ...supports.map((each) => `  - for: ${factText(each)}`), ...against.map((each) => `  - against: ${factText(each)}`)];
}

function curve({ supporting: { curve: points, memoryBudgetBytes } }: IncidentReport, style: CurveStyle): readonly string[] {
  if (points.length < 2) return [];
  return style === "svg" ? [curveSvg(points, memoryBudgetBytes)] : [`${curveText(points, memoryBudgetBytes)} [flight record]`];
}

function supporting({ supporting: found }: IncidentReport): readonly string[] {
  return [
    ...found.facts.map(factLine),
    ...block("The process tree", found.tree === null ? [] : [`${found.tree.taken}, ${utc(found.tree.atMs)} [census]`, ...found.tree.processes.map(processLine)]),
    ...block("The stack of the blocked thread", found.stack),
    ...block("The error", found.errorStack?.split("\n") ?? []),
    ...block("The last lines of the log", found.logTail),
    ...block("The kernel's log around the end (pids are the machine's)", found.kernelLog),
  ];
}

function endLine({ attemptId, jobId, type, lane, cause: end, incidentId, atMs }: TroubleEnd): string {
  return `- ${utc(atMs)} **${end}**: attempt ${attemptId} of job ${jobId}, type ${inline(type)}, lane ${inline(lane)}${incidentId === null ? "" : `, incident ${incidentId}`} [journal: attempts]`;
}

function processLine({ pid, parentPid, state, threads, memoryBytes, cpuSeconds, command }: ProcessShare): string {
  const memory = memoryBytes === null ? "?" : formatBytes(memoryBytes);
  return `${String(pid).padStart(7)} ${String(parentPid).padStart(7)} ${state} ${String(threads).padStart(4)} threads ${memory.padStart(9)} ${cpuSeconds.toFixed(2).padStart(8)} s CPU  ${command}`;
}

function validationLines({ id, state, rules, unwatchedMs }: ValidationRecord): readonly string[] {
  const gap = unwatchedMs === 0 ? "" : `; nobody watched for ${formatDuration(unwatchedMs)}`;
  return [`- ${id}: **${state}**${gap} [journal: validation]`, ...rules.map((rule) => `  - ${wordRule(rule)}`)];
}

/** "pids below 150 for 24 h: watching, highest 90". */
export function wordRule({ rule, state, worst }: RuleProgress): string {
  return `${rule.metric} below ${rule.below} for ${formatDuration(rule.forMs)}: ${state}, ${worst === null ? "nothing seen yet" : `highest ${worst}`} [runtime: samples, journal]`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [`## ${title}`, "", ...lines].join("\n");
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, "", ...fenced(lines)];
}

/** A fence that nothing in the text can close. */
function fenced(lines: readonly string[]): readonly string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}text`, ...lines.map(withoutControls), fence];
}

function factLine(fact: Fact): string {
  return `- ${factText(fact)}`;
}

/** Bytes are also said in words that people read. */
function factText({ fact, value, source }: Fact): string {
  const words = typeof value === "number" && /\bbytes\b/.test(fact) && value >= 1024 ? ` (${formatBytes(value)})` : "";
  return `${inline(fact)}: ${inline(String(value))}${words} [${source}]`;
}

/** What programs say must not become markup. */
function inline(text: string): string {
  return withoutControls(text.replaceAll(/\s*\n\s*/g, " ")).replaceAll(/[\\`*_<>|[\]]/g, (character) => `\\${character}`);
}

function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, " ");
}

function utc(atMs: number): string {
  return new Date(atMs).toISOString();
}
