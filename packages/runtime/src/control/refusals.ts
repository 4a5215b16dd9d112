import { CofferdamError, suggestName, type ErrorCode } from "../model/index.ts";

type Refusal = "missing" | "pruned" | "running" | "ended" | "not-ended" | "not-quarantined";

const REFUSALS: Readonly<Record<Refusal, { readonly code: ErrorCode; readonly says: string; readonly hint: string }>> = {
  missing: { code: "job_not_found", says: "does not exist", hint: "cofferdam jobs lists the jobs there are." },
  pruned: { code: "job_gone", says: "was removed after its retention time", hint: "Keep ended jobs longer with the option retention." },
  running: { code: "job_running", says: "is running", hint: "Wait for its end, or cancel it first." },
  ended: { code: "job_finished", says: "has already ended", hint: "Retry it to run it again." },
  "not-ended": { code: "job_not_finished", says: "has not ended yet", hint: "Cancel it first, or ask why it is not running." },
  "not-quarantined": { code: "job_not_quarantined", says: "is not in quarantine", hint: "cofferdam quarantine list shows the jobs that are." },
};

/** The store's answer to what could not be done to a job, as the error a caller sees. */
export function refuseJob(id: string, refusal: Refusal): CofferdamError {
  const { code, says, hint } = REFUSALS[refusal];
  return new CofferdamError(code, `job ${id} ${says}`, { hint });
}

export function refuseLane(name: string, lanes: readonly string[]): CofferdamError {
  return new CofferdamError("unknown_lane", `there is no lane ${JSON.stringify(name)}${suggestName(name, lanes)}`, {
    hint: `Lanes are: ${lanes.toSorted().join(", ")}.`,
    errors: [{ pointer: "/lane", detail: "no such lane" }],
  });
}
