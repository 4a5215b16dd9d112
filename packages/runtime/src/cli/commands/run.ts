import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeOptionsOf } from "../../config/index.ts";
import { CofferdamError, isEnded, type AttemptRecord } from "../../model/index.ts";
import { systemClock } from "../../platform/index.ts";
import { renderAttempt, renderJob } from "../../query/index.ts";
import type { Runtime } from "../../runtime-types.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { onStopSignals, printEvents, reportBroken } from "../foreground.ts";
import { readInput } from "../input.ts";
import { loadStartRuntime } from "../load-host.ts";
import type { CommandContext } from "../program.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import { verdictText } from "../verdict-text.ts";
import { configOf, type JsonOption } from "./options.ts";

interface RunOptions extends JsonOption {
  readonly jobs?: readonly string[];
  readonly once?: boolean;
  readonly config?: string;
  readonly tier?: string;
}

/** One job in the foreground, in a data directory that is gone afterwards. */
export async function run({ terminal }: CommandContext, type: string, written: string | undefined, options: RunOptions): Promise<number> {
  const { jobs, once, json, ...settings } = options;
  const input = await readInput(terminal, written);
  const { config } = await configOf(terminal, settings, jobs ?? []);
  terminal.ignoreBrokenPipe();
  const startRuntime = await loadStartRuntime();
  // From here on there is something to be removed.
  const interrupts = listenForInterrupts();
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-run-"));
  try {
    const ownOptions = { dataDir: directory, http: false, logLevel: config.logLevel === "info" ? "warn" : config.logLevel } as const;
    const runtime = await startRuntime({ ...runtimeOptionsOf(config), ...ownOptions }, "enqueued");
    try {
      return await runOne(runtime, terminal, { type, input, patience: once ? "one-attempt" : "until-ended", output: json ? "json" : "text", interrupts });
    } finally {
      await runtime.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    interrupts.close();
  }
}

type Interrupt = "graceful" | "kill";

interface Interrupts {
  /** The last one; null: nobody has interrupted yet. */
  last(): Interrupt | null;
  /** Also told of the one that was there before. */
  listen(listener: (interrupt: Interrupt) => void): void;
  close(): void;
}

function listenForInterrupts(): Interrupts {
  let last: Interrupt | null = null;
  let tell: (interrupt: Interrupt) => void = () => undefined;
  const close = onStopSignals((count) => {
    last = count === 1 ? "graceful" : "kill";
    tell(last);
  });
  return {
    last: () => last,
    listen(listener) {
      tell = listener;
      if (last !== null) listener(last);
    },
    close,
  };
}

interface Order {
  readonly type: string;
  readonly input: string;
  readonly patience: "one-attempt" | "until-ended";
  readonly output: "json" | "text";
  readonly interrupts: Interrupts;
}

async function runOne(runtime: Runtime, terminal: Terminal, order: Order): Promise<number> {
  reportBroken(runtime, terminal);
  if (order.interrupts.last() !== null) return EXIT.cancelled;
  const stopPrinting = printEvents(runtime, terminal);
  const logs = followLogs(runtime, terminal);
  const end = waitForEnd(runtime, order.patience);
  try {
    const job = await runtime.control.enqueue({ type: order.type, input: order.input });
    order.interrupts.listen((mode) => void runtime.control.cancel(job.id, { mode, by: "cli", reason: "interrupted" }).catch(() => {}));
    // The line of its event has said why. Nobody is there to release it.
    if (job.state === "quarantined")
      throw new CofferdamError("input_too_large", `${order.type} has not run: its size guard holds the input back`, { hint: "Give it less, or raise the type's sizeGuard." });
    await end;
    await logs.finish();
    return await report(runtime, terminal, { jobId: job.id, output: order.output });
  } finally {
    stopPrinting();
  }
}

/** Nothing but this one job runs in this runtime, so every event is about it. */
function waitForEnd(runtime: Runtime, patience: Order["patience"]): Promise<void> {
  return new Promise((resolve) => {
    runtime.onEvent((event) => {
      if (event.kind === "attempt.ended" && (event.next !== "retry" || patience === "one-attempt")) resolve();
      if (event.kind === "job.settled" && (isEnded(event.state) || event.state === "quarantined")) resolve();
    });
  });
}

const LAST_LOG_MS = 1000;

/** What the job writes goes to standard error as it comes. */
function followLogs(runtime: Runtime, terminal: Terminal): { finish(): Promise<void> } {
  const abort = new AbortController();
  const followed: Promise<void>[] = [];
  runtime.onEvent((event) => {
    if (event.kind === "attempt.started") followed.push(follow(runtime, terminal, { jobId: event.jobId, attempt: event.attempt, signal: abort.signal }));
  });
  return {
    async finish() {
      const cancel = systemClock.after(LAST_LOG_MS, () => abort.abort());
      await Promise.all(followed);
      cancel();
    },
  };
}

async function follow(runtime: Runtime, terminal: Terminal, what: { readonly jobId: string; readonly attempt: number; readonly signal: AbortSignal }): Promise<void> {
  try {
    for await (const chunk of runtime.control.logs(what.jobId, what.attempt, { follow: true, fromByte: 0, signal: what.signal })) terminal.noteBytes(chunk);
  } catch (error) {
    if (!what.signal.aborted && error instanceof CofferdamError) terminal.note(`cofferdam: the log could not be followed: ${error.message}`);
  }
}

async function report(runtime: Runtime, terminal: Terminal, { jobId, output }: { readonly jobId: string; readonly output: Order["output"] }): Promise<number> {
  const { control } = runtime;
  const attempts = await control.attempts(jobId);
  const last = lastOf(attempts);
  const job = await control.job(jobId);
  const result = await control.document(jobId, "result");
  if (output === "json") writeJson(terminal, { job: renderJob(job), attempts: attempts.map(renderAttempt), result: result === null ? null : JSON.parse(result) });
  else {
    if (last !== null) terminal.note(verdictText(renderAttempt(last)));
    if (result !== null) terminal.data(result);
  }
  return last === null || job.state === "cancelled" ? EXIT.cancelled : exitCodeOf(last.verdict.cause);
}

function lastOf(attempts: readonly AttemptRecord[]): AttemptRecord | null {
  return attempts.reduce<AttemptRecord | null>((last, attempt) => (last === null || attempt.attempt > last.attempt ? attempt : last), null);
}
