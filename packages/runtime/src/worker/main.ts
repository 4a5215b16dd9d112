// worker: what runs inside a worker process, beside user code: reads assignments, runs one attempt at a time, says how each one ended.
// Owns: loading job modules, the job's context. Never: knows the queue or another attempt; is never imported by the host.
// In: assignments on a pipe. Out: reports on a pipe.
// Everything the supervisor must know is written before the job's next line runs, so that it survives any death.
import { setSourceMapsSupport } from "node:module";
import type { RawFrame, ToWorker } from "../wire/index.ts";
import { createAttemptRunner } from "./attempt-runner.ts";
import { describeError, userFrames } from "./errors.ts";
import { createHeart } from "./heart.ts";
import { endWithHost, openHostLink } from "./wire-end.ts";

const BEAT_INTERVAL_MS = 250;

const link = openHostLink(onFrame, endWithHost);
const [, , ledgerFile = "", keptParent = ""] = process.argv;
const beat = createHeart(process.env["COFFERDAM_SCRATCH_DIR"]);
const runner = createAttemptRunner(link, { ledgerFile, keptParent });

// Heap limits and report flags are this process's own: its children start without them.
process.execArgv.splice(0);

// Compiled job modules show their own source lines. Set here and not by a flag, which would read the maps of our own files at every start;
// those of installed packages are not read either (each is parsed when its file is loaded, whether anything throws or not).
setSourceMapsSupport(true, { nodeModules: false, generatedCode: true });

let exitStack: string | null = null;
let isDrained = false;

const exitForReal = process.exit.bind(process);
process.exit = (code): never => {
  const here = new Error("process.exit was called");
  Error.captureStackTrace(here, process.exit);
  exitStack ??= userFrames(here.stack);
  return exitForReal(code);
};

process.on("exit", (code) => {
  runner.sayCounts();
  if (runner.isBusy()) link.send({ kind: "exiting", code: Number(code), stack: exitStack, drained: isDrained });
});

// Only while an attempt runs can the loop drain: the link does not hold it then.
process.on("beforeExit", () => {
  if (!runner.isBusy()) return;
  isDrained = true;
  exitForReal(13);
});

process.on("uncaughtExceptionMonitor", (error) => {
  if (runner.isBusy()) link.send({ kind: "uncaught", error: describeError(error) });
});

beatOnTheQuarter();

/** All workers of a machine beat at the same moments: what they count is said then, and the supervisor wakes up once for all of them. */
function beatOnTheQuarter(): void {
  setTimeout(
    () => {
      if (runner.isBusy()) {
        runner.sayCounts();
        if (!beat(Date.now())) link.send({ kind: "beat" });
      }
      beatOnTheQuarter();
    },
    BEAT_INTERVAL_MS - (Date.now() % BEAT_INTERVAL_MS),
  ).unref();
}

link.send({ kind: "ready", pid: process.pid });

function onFrame(frame: RawFrame): void {
  const message = frame.header as ToWorker;
  switch (message.kind) {
    case "run":
      runner.assign(message.work, message.attempts, frame.payload);
      return;
    case "abort":
      runner.abort(message.attemptId, message.reason);
      return;
    case "recall":
      runner.recall();
      return;
    case "checkpointed":
      runner.checkpointed(message.sequence, message.ok);
      return;
    case "pressure":
      runner.pressure(message.level);
      return;
    case "give-up-kept":
      runner.giveUpKept(message.reason);
      return;
    case "chaos":
      void import("./chaos.ts").then(({ commitFault }) => runner.isRunning(message.attemptId) && commitFault(message.fault));
      return;
    case "breaker-answer":
      runner.breakerAnswered(message);
      return;
    case "control-answer":
      runner.controlAnswered(message, frame.payload.toString("utf8"));
      return;
    case "breaker-changed":
      runner.breakerChanged(message);
      return;
    case "describe":
      void describe(message.request, message.moduleUrls);
      return;
    case "validate":
      void validate(message.request, message.moduleUrl, message.exportName, frame.payload.toString("utf8"));
      return;
    case "retire":
      exitForReal(0);
  }
}

async function describe(request: number, moduleUrls: readonly string[]): Promise<void> {
  const { describeModules } = await import("./definitions.ts");
  link.send({ kind: "described", request, ...(await describeModules(moduleUrls)) });
}

async function validate(request: number, moduleUrl: string, exportName: string, input: string): Promise<void> {
  const { checkInput } = await import("./input.ts");
  link.send({ kind: "validated", request, ...(await checkInput(moduleUrl, exportName, input)) });
}
