import { type Lease, familyOf, isPlanned, type JobType, type Next, type RestartReason, type ServiceRecord, type ServiceRules } from "../model/index.ts";
import type { CancelTimer } from "../platform/index.ts";
import type { PolicyQuestion } from "../policy/index.ts";
import { nextStart } from "./restart.ts";
import type { LiveStart } from "./sight.ts";

/** One service as its host keeps it. */
export interface Service {
  readonly name: string;
  readonly jobType: JobType;
  readonly rules: ServiceRules;
  record: ServiceRecord;
  live: LiveStart | null;
  /** Claimed, but nothing could be started with it yet. */
  unstarted: Lease | null;
  /** What follows when its end has been settled. */
  plan: Plan | null;
  nextStartAtMs: number | null;
  isBeginning: boolean;
  cancelStart: CancelTimer;
  readonly fraction: () => number;
}

export type Plan =
  | { readonly kind: "stopped" }
  | { readonly kind: "start"; readonly atMs: number; readonly reason: RestartReason; readonly text: string }
  | { readonly kind: "escalate"; readonly text: string };

export function freshRecord(name: string, nowMs: number): ServiceRecord {
  return {
    name,
    wish: "run",
    wishedBy: "definition",
    wishedAtMs: nowMs,
    jobId: null,
    restarts: 0,
    recentRestartsMs: [],
    lastRestart: null,
    lastVerdict: null,
    escalated: null,
  };
}

/** What becomes of a service's job when its attempt has ended: the plan is kept in the service, the answer goes into the same transaction as the end. */
export function chooseNext(service: Service, { verdict, drain, cancelRequested }: PolicyQuestion, nowMs: number): Next {
  service.record = { ...service.record, lastVerdict: { cause: verdict.cause, summary: verdict.summary, atMs: nowMs } };
  const again = (runAtMs: number, reason: string): Next => ({ kind: "retry", runAtMs, counts: "none", reason });
  if (drain) return again(nowMs, "The runtime shut down; the service begins anew with the next one.");
  if (cancelRequested) {
    service.record = { ...service.record, wish: "stop", wishedBy: "cancel of its job", wishedAtMs: nowMs };
    service.plan = { kind: "stopped" };
    return { kind: "cancelled", reason: verdict.summary };
  }
  if (service.record.wish === "stop") {
    service.plan = { kind: "stopped" };
    return again(nowMs, `Stopped by ${service.record.wishedBy}.`);
  }
  const { reason, text } = whyEnded(service.live, verdict);
  const next = nextStart(service.rules, service.record, { reason, nowMs, fraction: service.fraction() });
  const lastRestart = { reason, text, atMs: nowMs };
  service.record = { ...service.record, lastRestart, restarts: service.record.restarts + 1, recentRestartsMs: next.recentRestartsMs };
  if (next.kind === "escalate") {
    service.record = { ...service.record, escalated: { atMs: nowMs, text: `${next.text}; the last one: ${text}` } };
    service.plan = { kind: "escalate", text: `${next.text}; the last one: ${text}` };
    return again(nowMs, next.text);
  }
  service.plan = { kind: "start", atMs: next.atMs, reason, text };
  return again(next.atMs, `${isPlanned(reason) ? "Planned restart" : "Restart"} (${reason}): ${text}`);
}

/** The rule or wish that ended it, else its own end. */
function whyEnded(live: LiveStart | null, verdict: PolicyQuestion["verdict"]): { readonly reason: RestartReason; readonly text: string } {
  if (live !== null && live.ending !== null) return live.ending;
  if (verdict.cause === "succeeded") return { reason: "ended", text: "it returned; a service runs until it is asked to end" };
  return { reason: familyOf(verdict.cause) === "error" ? "failed" : "died", text: verdict.summary };
}
