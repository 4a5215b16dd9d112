import { formatBytes, formatDuration } from "../model/index.ts";
import type { AttemptView, OutcomeView } from "../query/index.ts";
import { formatFields } from "./table.ts";
import { printable } from "./text.ts";

type Hypothesis = OutcomeView["verdict"]["hypotheses"][number];

/** A verdict with its evidence, for a person. The same words for `show`, `run` and `exec`. */
export function verdictText(outcome: OutcomeView): string {
  const { verdict, leaks } = outcome;
  return [
    `${verdict.cause} (${verdict.confidence}): ${printable(verdict.summary)}`,
    ...(verdict.stage === null ? [] : [`  stage: ${printable(verdict.stage)}`]),
    ...verdict.evidence.map((fact) => `  ${printable(fact.fact)}: ${printable(String(fact.value))}  [${printable(fact.source)}]`),
    ...errorLines(outcome),
    ...(verdict.stack.length === 0 ? [] : ["  stack:", ...verdict.stack.map((frame) => `    at ${printable(frame)}`)]),
    ...verdict.hypotheses.map(hypothesisLine),
    ...leaks.map((leak) => `  left behind: ${leak.kind}${leak.pid === null ? "" : ` ${leak.pid}`} ${printable(leak.command)} (${leak.state})`),
  ].join("\n");
}

function errorLines({ verdict: { error } }: OutcomeView): string[] {
  if (error === null) return [];
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const head = `  error: ${printable(error.name)}: ${printable(error.message)}${error.code === null ? "" : ` (${printable(error.code)})`}`;
  return [head, ...frames.slice(0, 8).map((frame) => `    ${printable(frame)}`)];
}

function hypothesisLine(hypothesis: Hypothesis): string {
  return `  ${hypothesis.confidence}: ${printable(hypothesis.text)}`;
}

/** One attempt: what it was, how it ended, what it used. */
export function attemptText(attempt: AttemptView): string {
  const { usage, exit, enforcement } = attempt;
  const head = `attempt ${attempt.attempt}  ${attempt.started_at}  ${formatDuration(usage.wall_seconds * 1000)}  -> ${attempt.next}`;
  const fields = formatFields([
    ["exit", exit.signal ?? (exit.code === null ? null : `code ${exit.code}`)],
    ["cpu", formatDuration(usage.cpu_seconds * 1000)],
    ["memory", `peak ${formatBytes(usage.memory_peak_bytes)} (${usage.memory_method})${limitText(attempt.budget.memory_bytes, formatBytes)}`],
    ["pids", `peak ${usage.pids_peak}${limitText(attempt.budget.pids, String)}`],
    ["output", formatBytes(usage.output_bytes)],
    ["worker", `${attempt.worker_id}${attempt.pid === null ? "" : ` pid ${attempt.pid}`}`],
    ["enforcement", `${enforcement.tier}, memory ${enforcement.memory}, pids ${enforcement.pids}`],
  ]);
  return [head, ...indent(verdictText(attempt)), ...indent(fields)].join("\n");
}

function limitText(limit: number | null, format: (value: number) => string): string {
  return limit === null ? "" : ` of ${format(limit)}`;
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}
