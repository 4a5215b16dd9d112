import { openSync, closeSync } from "node:fs";
import type { Budget, Fault } from "../model/index.ts";
import type { Compartment } from "./compartment.ts";

/** More than the budget by this much: enough to break it, and bounded if nobody enforces it. */
const ABOVE_BYTES = 64 * 1024 ** 2;
/** How long the helper holds the memory when nobody ends it. */
const HOLD_SECONDS = 60;

/**
 * What a helper in the program's own tree does to it, as a shell script; null where there is nothing to break. A program that is not ours has no event loop
 * to block, and memory and output can only be filled where they have a budget.
 */
export function faultScript(fault: Fault, pid: number, budget: Pick<Budget, "memoryBytes" | "outputBytes">): string | null {
  switch (fault) {
    case "kill":
      return `kill -KILL ${pid}`;
    case "stop":
      return `kill -STOP ${pid}`;
    case "fill":
      // tail keeps the one endless line until its input ends.
      return budget.memoryBytes === null ? null : `{ head -c ${budget.memoryBytes + ABOVE_BYTES} /dev/zero; sleep ${HOLD_SECONDS}; } | tail > /dev/null`;
    case "flood":
      return budget.outputBytes === null ? null : `head -c ${2 * budget.outputBytes} /dev/zero | tr '\\0' x`;
    case "block":
      return null;
  }
}

/** Hits a command through a helper in its compartment; false when it does not run or cannot be hit like this. */
export function injectIntoCommand(compartment: Compartment, fault: Fault, budget: Budget, logFile: string | null): boolean {
  const program = compartment.program();
  const script = program === null ? null : faultScript(fault, program.pid, budget);
  if (script === null) return false;
  const log = fault === "flood" && logFile !== null ? openSync(logFile, "a", 0o600) : null;
  try {
    return compartment.startBeside(script, log ?? "ignore");
  } finally {
    if (log !== null) closeSync(log);
  }
}
