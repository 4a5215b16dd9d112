import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { findJobModules, withoutTokens } from "../../config/index.ts";
import { formatBytes, formatDuration, parseBytes, parseCount, type Budget } from "../../model/index.ts";
import { renderBudget, renderOutcome, type AttemptView, type OutcomeView } from "../../query/index.ts";
import type { ReplayOutcome } from "../../replay.ts";
import type { ClientOptions } from "../client.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { onStopSignals } from "../foreground.ts";
import type { CommandContext } from "../program.ts";
import { openReplaySource, type ReplaySource } from "../replay-source.ts";
import { formatFields } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import { verdictText } from "../verdict-text.ts";
import { configOf, type JsonOption } from "./options.ts";

interface ReplayOptions extends ClientOptions, JsonOption {
  readonly jobs?: readonly string[];
  readonly memory?: string;
  readonly inspect?: string | boolean;
  readonly heapProf?: string | boolean;
  readonly traceGc?: boolean;
  readonly fromCheckpoint?: boolean;
  readonly fromStart?: boolean;
  readonly settle?: boolean;
  readonly tier?: string;
}

const INSPECT_PORT = 9229;
const PROFILE_DIRECTORY = "cofferdam-profiles";

/** Runs an attempt again, here, with exactly its input. The job stays as it is unless `--settle` gives it the result. */
export async function replay({ terminal }: CommandContext, id: string, options: ReplayOptions): Promise<number> {
  terminal.ignoreBrokenPipe();
  await using source = await openReplaySource(terminal, options);
  const original = await source.attempt(id);
  const input = await source.input(original.job_id);
  const checkpoint = options.fromStart === true ? "null" : await source.checkpoint(original, options.fromCheckpoint === true ? "last" : "began-with");
  const { config } = await configOf(terminal, { config: options.config, tier: options.tier }, options.jobs ?? []);
  const debug = await debugOf(terminal, options);
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<void>();
  const abort = new AbortController();
  void interrupted.then(() => abort.abort());
  const stopListening = onStopSignals(() => interrupt());
  terminal.note(
    `cofferdam: attempt ${original.attempt} of ${original.type} again, with its ${formatBytes(Buffer.byteLength(input))} of input${checkpoint === "null" ? "" : ` and a checkpoint of ${formatBytes(Buffer.byteLength(checkpoint))}`}; the job ${original.job_id} is left as it is`,
  );
  try {
    const host = await import("../../replay.ts");
    const outcome = await host.replay({
      moduleUrls: await findJobModules(config.jobs),
      type: original.type,
      jobId: original.job_id,
      attempt: original.attempt,
      input,
      checkpoint: checkpoint === "null" ? null : checkpoint,
      budget: budgetOf(options),
      debug,
      tier: config.tier,
      cwd: terminal.directory,
      env: withoutTokens(terminal.env),
      onLog: (bytes) => terminal.noteBytes(bytes),
      signal: abort.signal,
    });
    const settled = options.settle === true ? await settle(source, original, outcome) : "not-asked";
    report(terminal, { original, outcome, settled, profiles: debug.heapProfileDirectory }, options);
    return exitCodeOf(outcome.verdict.cause);
  } finally {
    stopListening();
  }
}

function budgetOf({ memory }: ReplayOptions): Partial<Budget> {
  if (memory === undefined) return {};
  return { memoryBytes: memory === "none" ? null : parseBytes(memory, "--memory") };
}

async function debugOf(terminal: Terminal, { inspect, heapProf, traceGc }: ReplayOptions) {
  const inspectPort = inspect === undefined || inspect === false ? null : inspect === true ? INSPECT_PORT : inspect === "0" ? 0 : parseCount(inspect, "--inspect");
  const heapProfileDirectory = heapProf === undefined || heapProf === false ? null : resolve(terminal.directory, heapProf === true ? PROFILE_DIRECTORY : heapProf);
  if (heapProfileDirectory !== null) await mkdir(heapProfileDirectory, { recursive: true });
  return { inspectPort, heapProfileDirectory, gcTrace: traceGc === true ? ("each-collection" as const) : ("none" as const) };
}

type Settled = "not-asked" | "settled" | "not-succeeded";

/** Only a success is worth anything to the job. */
async function settle(source: ReplaySource, original: AttemptView, { verdict, result }: ReplayOutcome): Promise<Settled> {
  if (verdict.cause !== "succeeded") return "not-succeeded";
  await source.adopt(original.job_id, { summary: `Succeeded in a replay of attempt ${original.attempt}.`, result });
  return "settled";
}

interface Report {
  readonly original: AttemptView;
  readonly outcome: ReplayOutcome;
  readonly settled: Settled;
  readonly profiles: string | null;
}

function report(terminal: Terminal, { original, outcome, settled, profiles }: Report, options: JsonOption): void {
  const { evidence, verdict } = outcome;
  const view = renderOutcome({ verdict, exit: evidence.exit, usage: evidence.usage, leaks: evidence.leaks, enforcement: evidence.enforcement });
  if (options.json) {
    const result: unknown = outcome.result === null ? null : JSON.parse(outcome.result);
    writeJson(terminal, { original, replay: { ...view, budget: renderBudget(outcome.budget), result }, settled: settled === "settled" });
    return;
  }
  terminal.note([verdictText(view), compareText(original, view, outcome.budget), ...closing(settled, profiles)].join("\n"));
  if (outcome.result !== null) terminal.data(outcome.result);
}

/** The first time beside this one. */
function compareText(original: AttemptView, view: OutcomeView, budget: Budget): string {
  const memory = (bytes: number, limit: number | null): string => `${formatBytes(bytes)}${limit === null ? "" : ` of ${formatBytes(limit)}`}`;
  const pair = (before: string, now: string): string => `${before} -> ${now}`;
  return formatFields([
    ["cause", pair(original.verdict.cause, view.verdict.cause)],
    ["wall time", pair(formatDuration(original.usage.wall_seconds * 1000), formatDuration(view.usage.wall_seconds * 1000))],
    ["cpu", pair(formatDuration(original.usage.cpu_seconds * 1000), formatDuration(view.usage.cpu_seconds * 1000))],
    ["memory peak", pair(memory(original.usage.memory_peak_bytes, original.budget.memory_bytes), memory(view.usage.memory_peak_bytes, budget.memoryBytes))],
    ["pids peak", pair(String(original.usage.pids_peak), String(view.usage.pids_peak))],
    ["output", pair(formatBytes(original.usage.output_bytes), formatBytes(view.usage.output_bytes))],
  ]);
}

function closing(settled: Settled, profiles: string | null): string[] {
  return [
    ...(profiles === null ? [] : [`heap profile: in ${profiles}; open it in the Memory tab of Chrome's developer tools`]),
    ...(settled === "settled" ? ["settled: the job has succeeded, with this result"] : []),
    ...(settled === "not-succeeded" ? ["not settled: only a success is given to the job"] : []),
  ];
}
