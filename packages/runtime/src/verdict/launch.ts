import type { AttemptEvidence, ErrorInfo, LaunchFailure, Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { fact } from "./facts.ts";

const CODES: Readonly<Record<LaunchFailure["code"], string>> = {
  ENOENT: "command_not_found",
  EACCES: "command_not_executable",
  E2BIG: "command_not_executable",
  EAGAIN: "launch_failed",
  ENOMEM: "launch_failed",
  OTHER: "launch_failed",
};

/** No process came to be. Nothing ran, so nothing else in the evidence can speak. */
export function neverStarted(evidence: AttemptEvidence): Verdict | null {
  const failure = evidence.launchFailure;
  if (failure === null) return null;
  const facts = [fact("the start failed with", failure.code, "spawn"), fact("message", failure.message, "spawn")];
  if (failure.code === "EAGAIN" || failure.code === "ENOMEM") {
    const what = failure.code === "EAGAIN" ? "processes or threads" : "memory";
    return conclude({
      cause: "resource-exhausted",
      summary: `The process could not be started: the machine has no ${what} left (${failure.code}).`,
      confidence: "certain",
      evidence: facts,
      error: launchError(failure, true),
    });
  }
  return conclude({
    cause: "failed",
    summary: `The program could not be started: ${failure.message.replace(/\.$/, "")}.`,
    confidence: "certain",
    evidence: facts,
    error: launchError(failure, failure.code === "OTHER"),
  });
}

function launchError(failure: LaunchFailure, retryable: boolean): ErrorInfo {
  return { name: "LaunchError", message: failure.message, code: CODES[failure.code], stack: null, retryable };
}
