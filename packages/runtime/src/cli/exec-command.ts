import { constants } from "node:os";
import { contain, type Outcome } from "../contain.ts";
import type { Budget, BudgetOptions } from "../model/index.ts";
import { renderOutcome } from "../query/index.ts";
import type { ExecRequest } from "./commands/exec.ts";
import { EXIT } from "./exit-codes.ts";
import { writeJson } from "./terminal.ts";
import { verdictText } from "./verdict-text.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `cofferdam exec`: one command in its compartment. The program's output passes through; the exit code is its own unless Cofferdam ended it. */
export async function execCommand(request: ExecRequest): Promise<number> {
  const isJson = request.output === "json";
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(new Error(`${signal} was sent to cofferdam exec`));
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  try {
    const outcome = await contain({
      command: request.command,
      budget: toOptions(request.budget),
      cwd: request.cwd,
      env: { ...process.env, ...request.env },
      graceMs: request.graceMs,
      tier: request.tier,
      stdin: "inherit",
      stdout: isJson ? process.stderr : process.stdout,
      stderr: process.stderr,
      signal: stop.signal,
    });
    if (isJson) writeJson(request.terminal, renderOutcome(outcome));
    else if (isWorthSaying(outcome)) request.terminal.note(`cofferdam: ${verdictText(renderOutcome(outcome))}`);
    return exitCode(outcome);
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  }
}

/** A program that ended by itself speaks for itself. */
function isWorthSaying({ verdict, leaks }: Outcome): boolean {
  return leaks.length > 0 || (verdict.cause !== "succeeded" && verdict.cause !== "exited");
}

function exitCode({ verdict, exit, evidence }: Outcome): number {
  if (evidence.launchFailure !== null) return exit?.code ?? 126;
  switch (verdict.cause) {
    case "over-time":
      return EXIT.outOfTime;
    case "over-memory":
    case "over-pids":
    case "over-output":
    case "stalled":
    case "blocked":
      return EXIT.processDied;
    case "cancelled":
      return EXIT.cancelled;
    default:
      return exit?.code ?? 128 + signalNumber(exit?.signal ?? null);
  }
}

function signalNumber(name: string | null): number {
  for (const [known, number] of Object.entries(constants.signals)) if (known === name) return number;
  return 0;
}

function toOptions(budget: Budget): BudgetOptions {
  return { memory: budget.memoryBytes, pids: budget.pids, time: budget.timeMs, stall: budget.stallMs, output: budget.outputBytes };
}
