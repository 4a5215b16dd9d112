import type { ExitStatus, Intent, JobType, LaunchFailure, Lease } from "../model/index.ts";
import type { AttemptAssignment } from "../wire/index.ts";
import type { WorkerLink } from "./worker-link.ts";

/** Gives a worker its leases: one message, with their inputs and checkpoints behind it. */
export function handOver(link: Pick<WorkerLink, "send">, jobType: JobType, leases: readonly Lease[]): void {
  const { type, moduleUrl, exportName } = jobType;
  link.send({ kind: "run", work: { type, moduleUrl, exportName }, attempts: leases.map(assign) }, leases.map(({ input, checkpoint }) => input + (checkpoint ?? "")).join(""));
}

function assign({ attemptId, jobId, attempt, input, checkpoint }: Lease): AttemptAssignment {
  return { attemptId, jobId, attempt, inputBytes: Buffer.byteLength(input), checkpointBytes: checkpoint === null ? 0 : Buffer.byteLength(checkpoint) };
}

/** Why a worker that never became ready could not start. */
export function startFailure(exit: ExitStatus, pidsRefused: number | null): LaunchFailure {
  const how = exit.signal ?? `code ${exit.code}`;
  if ((pidsRefused ?? 0) > 0) return { code: "EAGAIN", message: `the worker could not start its threads: the pids budget is too small (${how})` };
  return { code: "OTHER", message: `the worker ended before it was ready (${how})` };
}

/** An intent as the job hears it in its abort signal. */
export function wordIntent(intent: Intent): { readonly kind: "time" | "stall" | "cancel" | "drain"; readonly text: string } {
  switch (intent.kind) {
    case "cancel":
      return { kind: "cancel", text: `cancelled by ${intent.by}: ${intent.reason}` };
    case "drain":
      return { kind: "drain", text: intent.reason };
    case "stall":
      return { kind: "stall", text: "no progress for too long" };
    case "time":
      return { kind: "time", text: intent.stage === undefined ? "the time budget is used up" : `stage ${intent.stage} did not return when its time was over` };
    default:
      return { kind: "time", text: `the ${intent.kind} budget is used up` };
  }
}
