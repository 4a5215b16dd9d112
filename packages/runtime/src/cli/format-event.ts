import { formatBytes, formatDuration, type Cause, type RuntimeEvent } from "../model/index.ts";
import { counted, paint, withoutControls, type Style } from "./text.ts";

export interface FormatOptions {
  readonly color: boolean;
}

type EventOf<Kind extends RuntimeEvent["kind"]> = Extract<RuntimeEvent, { kind: Kind }>;
type Ended = EventOf<"attempt.ended">;

const WORD_COLUMNS = 12;
const TIME_COLUMNS = 10;
const NO_TIME = " ".repeat(TIME_COLUMNS);

/** "OOM" stands only for what is proven to be memory: our budget, the kernel's counter, V8's own report. */
const WORDS: Readonly<Record<Cause, string>> = {
  succeeded: "DONE",
  failed: "FAIL",
  exited: "FAIL",
  "lock-contention": "FAIL",
  "resource-exhausted": "FAIL",
  "out-of-heap": "OOM",
  "over-memory": "OOM",
  "oom-killed": "OOM",
  "over-pids": "KILL",
  "over-output": "KILL",
  killed: "KILL",
  "over-time": "TIMEOUT",
  stalled: "TIMEOUT",
  blocked: "TIMEOUT",
  crashed: "CRASH",
  lost: "LOST",
  cancelled: "CANCEL",
};

const STYLES: Readonly<Record<string, Style>> = {
  START: "cyan",
  DONE: "green",
  READY: "green",
  PROVEN: "green",
  RESUME: "green",
  RETRY: "yellow",
  SLOW: "yellow",
  LEAK: "yellow",
  CANCEL: "yellow",
  PAUSE: "yellow",
  MISSED: "yellow",
  SKIP: "yellow",
  SERVE: "cyan",
  FRESH: "green",
  RESTART: "yellow",
  BREAK: "yellow",
  TRY: "cyan",
  CLOSE: "green",
  RESET: "green",
  FIRE: "cyan",
  LANE: "cyan",
  DRAIN: "yellow",
  STOP: "yellow",
  HELD: "yellow",
  RAMP: "yellow",
  CHAOS: "yellow",
  HEALED: "green",
  "WORKERS OK": "green",
  MOVED: "yellow",
  MEMORY: "yellow",
  "MEMORY OK": "green",
};

/** The cause's status word, such as "OOM" or "TIMEOUT". */
export function wordOf(cause: Cause): string {
  return WORDS[cause];
}

/**
 * What a person is shown of an event: one line, or several when one event says several things; null when it is not worth a line.
 * @example runtime.onEvent((event) => { const text = formatEvent(event, { color: false }); if (text !== null) console.error(text); });
 */
export function formatEvent(event: RuntimeEvent, options: FormatOptions = { color: false }): string | null {
  const lines = linesOf(event).map(([word, time, ...rest]) => line(word, time, rest, options));
  return lines.length === 0 ? null : lines.join("\n");
}

/** Word, time, then what stands behind them. */
type Parts = readonly [word: string, time: string, ...rest: string[]];

function linesOf(event: RuntimeEvent): readonly Parts[] {
  switch (event.kind) {
    case "attempt.started":
      return [["START", NO_TIME, ...jobColumns(event), event.attempt === 1 ? "" : `attempt ${event.attempt}`]];
    case "attempt.ended":
      return [endLine(event), ...leakLine(event), ...nextLine(event)];
    case "job.settled":
      // A job that ran has told its end with attempt.ended.
      return event.state === "cancelled" && event.cause === null ? [["CANCEL", NO_TIME, ...jobColumns(event), "before it ran"]] : [];
    case "incident.opened":
    case "incident.regressed":
      return [[INCIDENT_WORDS[event.kind], NO_TIME, event.title, event.incidentId]];
    case "validation.passed":
    case "validation.failed":
      return [[event.kind === "validation.passed" ? "PROVEN" : "NOT FIXED", NO_TIME, event.detail, event.incidentId]];
    case "lane.changed":
      return [[laneWord(event), NO_TIME, event.lane, event.change.replace("-", " "), event.reason]];
    case "schedule.fired":
    case "schedule.skipped":
    case "schedule.missed":
      return [[SCHEDULE_WORDS[event.kind], NO_TIME, "schedule", event.key, event.type, event.jobId ?? "", event.reason]];
    case "breaker.opened":
    case "breaker.half-open":
    case "breaker.closed":
    case "breaker.reset":
      return [
        [
          BREAKER_WORDS[event.kind],
          NO_TIME,
          "breaker",
          event.key,
          event.kind !== "breaker.opened" || event.untilMs === null ? "" : `for ${formatDuration(event.untilMs - event.atMs)}`,
          event.evidence ?? "",
        ],
      ];
    case "service.started":
    case "service.stopped":
      return [[event.kind === "service.started" ? "SERVE" : "STOP", NO_TIME, "service", event.service, `by ${event.by}`]];
    case "service.running":
      return [["FRESH", NO_TIME, "service", event.service, event.attemptId]];
    case "service.restarting":
      return [
        [
          "RESTART",
          ` in ${formatDuration(Math.max(0, event.startAtMs - event.atMs)).replaceAll(" ", "")} `.padStart(TIME_COLUMNS),
          "service",
          event.service,
          event.reason,
          event.text,
        ],
      ];
    case "service.escalated":
      return [["ESCALATE", NO_TIME, "service", event.service, event.text, event.to === "runtime" ? "-> the runtime ends" : "-> it stays down"]];
    case "store.full":
    case "store.recovered":
      return [[event.kind === "store.full" ? "DISK FULL" : "DISK OK", NO_TIME, event.detail]];
    case "job.diverted":
      return [[event.action === "quarantine" ? "HELD" : "MOVED", NO_TIME, ...jobColumns(event), event.reason]];
    case "lane.tripped":
      return [["TRIP", NO_TIME, event.scope, event.name, event.reason, `again ${new Date(event.untilAtMs).toISOString()}`]];
    case "lane.ramped":
      return [["RAMP", NO_TIME, event.scope, event.name, `${event.allowed} at once`]];
    case "lane.recovered":
      return [["HEALED", NO_TIME, event.scope, event.name]];
    case "workers.failing":
      return [["NO WORKER", NO_TIME, `${counted(event.failures, "worker")} in a row did not start`, event.detail]];
    case "workers.recovered":
      return [["WORKERS OK", NO_TIME, event.detail]];
    case "chaos.injected":
      return [["CHAOS", NO_TIME, ...jobColumns(event), event.fault]];
    case "chaos.ended":
      return [["CHAOS", NO_TIME, `${counted(event.injected, "fault")} into ${counted(event.jobs, "job")}: ${event.lost} lost`, event.detail]];
    case "memory.pressure":
      return [[event.level === "none" ? "MEMORY OK" : "MEMORY", NO_TIME, `pressure ${event.level}`, event.reason]];
    case "sweep.found":
      return [["LOST", NO_TIME, `${counted(event.attempts, "attempt")} unfinished, ${counted(event.processes, "process", "processes")} ended`, event.detail]];
    case "runtime.started":
    case "runtime.draining":
    case "runtime.stopped":
      return [[RUNTIME_WORDS[event.kind], NO_TIME, event.detail]];
    case "incident.recurred":
    case "incident.changed":
    case "incident.unwritten":
    case "job.enqueued":
    case "job.removed":
    case "attempt.progress":
    case "worker.started":
    case "worker.ended":
      return [];
  }
}

const INCIDENT_WORDS = { "incident.opened": "INCIDENT", "incident.regressed": "REGRESSED" } as const;
const SCHEDULE_WORDS = { "schedule.fired": "FIRE", "schedule.skipped": "SKIP", "schedule.missed": "MISSED" } as const;
const BREAKER_WORDS = { "breaker.opened": "BREAK", "breaker.half-open": "TRY", "breaker.closed": "CLOSE", "breaker.reset": "RESET" } as const;
const RUNTIME_WORDS = { "runtime.started": "READY", "runtime.draining": "DRAIN", "runtime.stopped": "STOP" } as const;

function laneWord({ change }: EventOf<"lane.changed">): string {
  if (change === "concurrency") return "LANE";
  return change.endsWith("-paused") ? "PAUSE" : "RESUME";
}

function endLine(event: Ended): Parts {
  const columns = jobColumns(event);
  if (event.cause === "succeeded") return ["DONE", wallTime(event.wallMs), ...columns, event.attempt === 1 ? "" : `FLAKY: attempt ${event.attempt}`, peak(event)];
  return [WORDS[event.cause], wallTime(event.wallMs), ...columns, event.cause, event.summary, CONSEQUENCES[event.next] ?? ""];
}

function peak({ memoryPeakBytes }: Ended): string {
  return memoryPeakBytes > 0 ? `peak ${formatBytes(memoryPeakBytes)}` : "";
}

function leakLine(event: Ended): readonly Parts[] {
  if (event.leaks.length === 0) return [];
  const processes = event.leaks.filter((leak) => leak.kind === "process");
  const pending = processes.filter((leak) => leak.state === "kill-pending").length;
  const directories = event.leaks.length - processes.length;
  const what = [
    processes.length === 0 ? "" : `${counted(processes.length, "process", "processes")} left behind, ${pending === 0 ? "ended" : `${pending} not yet ended by the kernel`}`,
    directories === 0 ? "" : `${counted(directories, "temporary directory", "temporary directories")} left behind`,
  ];
  return [["LEAK", wallTime(event.wallMs), ...jobColumns(event), what.filter((text) => text !== "").join(", ")]];
}

function nextLine(event: Ended): readonly Parts[] {
  return event.next === "retry" ? [["RETRY", waitTime(event), ...jobColumns(event), `attempt ${event.attempt + 1}`, event.movedTo === null ? "" : `in lane ${event.movedTo}`]] : [];
}

const CONSEQUENCES: Readonly<Partial<Record<Ended["next"], string>>> = { quarantine: "-> quarantined", "give-up": "-> given up" };

function waitTime({ retryAtMs, atMs }: Ended): string {
  const waitMs = Math.max(0, (retryAtMs ?? atMs) - atMs);
  return `in ${formatDuration(waitMs).replaceAll(" ", "")} `.padStart(TIME_COLUMNS);
}

function wallTime(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`.padStart(TIME_COLUMNS);
}

function jobColumns(job: { readonly lane: string; readonly type: string; readonly jobId: string }): readonly [string, string, string] {
  return [job.lane.padEnd(8), job.type.padEnd(16), job.jobId];
}

function line(word: string, time: string, rest: readonly string[], { color }: FormatOptions): string {
  const texts = rest.filter((text) => text !== "").map(withoutControls);
  return `${paint(word.padStart(WORD_COLUMNS), STYLES[word] ?? "red", color)} [${time}] ${texts.join(" ")}`.trimEnd();
}

export interface SlowAttempt {
  readonly lane: string;
  readonly type: string;
  readonly jobId: string;
  readonly runningMs: number;
  /** Last progress in words, or "". */
  readonly progress: string;
}

/** The SLOW line of an attempt that has been running for long. */
export function formatSlow(attempt: SlowAttempt, options: FormatOptions = { color: false }): string {
  const time = `>${`${Math.floor(attempt.runningMs / 1000)}s`.padStart(TIME_COLUMNS - 1)}`;
  return line("SLOW", time, [...jobColumns(attempt), attempt.progress], options);
}
