import { open, unlink, writeFile, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { JobType, Lease } from "../model/index.ts";
import type { Recorder } from "../recorder/index.ts";
import { ledgerLine } from "../wire/index.ts";
import { buildEvidence, createItem, NO_RISES } from "./attempt-item.ts";
import { startCommand, type RunningCommand } from "./command-attempt.ts";
import type { AttemptEnd, AttemptListener, RunningAttempt } from "./ports.ts";
import type { Yard } from "./yard.ts";

export interface QueuedCommandOptions {
  readonly workerId: string;
  readonly jobType: JobType;
  readonly lease: Lease;
  readonly listener: AttemptListener;
  readonly recorder: Recorder;
  readonly logFile: string;
  /** null: nobody will ask which attempt ran here. */
  readonly ledgerFile: string | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Until its files are there, `command` is null. */
export interface QueuedCommand extends RunningAttempt {
  command(): Pick<RunningCommand, "inject" | "seen" | "activity" | "measure"> | null;
}

/** A command of the queue: its files are prepared without holding up the main thread, then it runs like any other. */
export function runQueuedCommand(yard: Yard, options: QueuedCommandOptions): QueuedCommand {
  const { lease, jobType } = options;
  let running: RunningCommand | null = null;
  let stopBefore: Parameters<RunningAttempt["stop"]> | null = null;

  async function run(): Promise<AttemptEnd> {
    // Tells the next start that this lease had begun; it goes when the end is stored.
    if (options.ledgerFile !== null) await writeFile(options.ledgerFile, ledgerLine(lease.attemptId, yard.clock.nowMs(), 0), { mode: 0o600 });
    const { end } = await start();
    return end;
  }

  async function start(): Promise<RunningCommand> {
    await using files = new AsyncDisposableStack();
    const { workerId, listener, env } = options;
    const log = files.use(await open(options.logFile, "a", 0o600));
    const input = jobType.stdin === "json" ? files.use(await openInput(join(yard.instance.directory, `${workerId}.json`), lease.input)) : null;
    running = startCommand(yard, {
      workerId,
      jobType,
      lease,
      listener,
      recorder: options.recorder,
      cwd: resolve(options.cwd, jobType.cwd ?? "."),
      env,
      stdin: input?.fd ?? "ignore",
      output: { kind: "file", file: options.logFile, descriptor: log.fd },
    });
    if (stopBefore !== null) running.stop(...stopBefore);
    return running;
  }

  return {
    lease,
    command: () => running,
    end: run().catch((error: unknown) => failedEnd(yard, options, error)),
    stop(intent, graceMs) {
      if (running === null) stopBefore ??= [intent, graceMs];
      else running.stop(intent, graceMs);
    },
  };
}

/** The input as a file that is gone as soon as it is open. */
async function openInput(file: string, input: string): Promise<FileHandle> {
  await writeFile(file, input, { mode: 0o600 });
  const handle = await open(file, "r");
  await unlink(file);
  return handle;
}

/** Its files could not be made (a full disk): it never started, and that is what its evidence says. */
function failedEnd(yard: Yard, options: QueuedCommandOptions, error: unknown): AttemptEnd {
  const { item } = createItem(options.lease, options.jobType, options.listener);
  const nowMs = yard.clock.nowMs();
  const message = `its files could not be prepared: ${error instanceof Error ? error.message : String(error)}`;
  const { enforcement } = yard.capabilities;
  const evidence = buildEvidence(item, { enforcement, launchFailure: { code: "OTHER", message }, exit: null, fatalReport: null, kernel: NO_RISES, logTail: [], autopsy: null });
  return { kind: "ended", evidence, result: null, workerId: options.workerId, pid: 0, startedAtMs: nowMs, endedAtMs: nowMs, log: null };
}
