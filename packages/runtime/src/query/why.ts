import type { RuntimePhase, WhyReason } from "../control/ports.ts";
import type { TripView } from "../healing/ports.ts";
import type { MemoryReport } from "../dispatch/index.ts";
import { formatBytes, isEnded, type JobRecord, type JobType, type LaneRecord, type Pressure } from "../model/index.ts";

/** Everything that decides whether a waiting job may run, read at one moment. Pauses that are over have been lifted. */
export interface WaitingSnapshot {
  readonly job: JobRecord;
  readonly jobType: JobType | null;
  readonly lane: LaneRecord | null;
  readonly phase: RuntimePhase;
  readonly nowMs: number;
  readonly laneRunning: number;
  readonly typeRunning: number;
  readonly memory: Pick<MemoryReport, "gate" | "capacityBytes" | "reservedBytes" | "reservations" | "blocked" | "keptFor" | "fits" | "rule">;
  readonly pressure: Pressure;
  /** Set while lane or type are held back. */
  readonly laneTrip: TripView | null;
  readonly typeTrip: TripView | null;
  /** Ready jobs of the same lane, this one included. */
  readonly laneReady: number;
}

/**
 * Why a job is not running. Every reason that holds, the ones a person has to act on first.
 * Empty only for a job that runs or has ended.
 */
export function explainWaiting(snapshot: WaitingSnapshot): readonly WhyReason[] {
  const { job } = snapshot;
  if (job.state === "running" || isEnded(job.state)) return [];
  if (job.state === "quarantined") return [quarantined(job)];
  const reasons = [
    host(snapshot),
    missingType(snapshot),
    pausedLane(snapshot),
    notYet(snapshot),
    fullLane(snapshot),
    fullType(snapshot),
    heldBack(snapshot.laneTrip),
    heldBack(snapshot.typeTrip),
    shortOfMemory(snapshot),
  ].filter((reason) => reason !== null);
  return reasons.length > 0 ? reasons : [queued(snapshot)];
}

function reason(code: string, text: string, untilMs: number | null = null): WhyReason {
  return { code, text, untilMs };
}

function quarantined({ quarantine }: JobRecord): WhyReason {
  return reason("quarantined", `It waits in quarantine until somebody releases or discards it: ${quarantine?.reason ?? "no reason was kept"}`);
}

function host({ phase }: WaitingSnapshot): WhyReason | null {
  if (phase === "running") return null;
  if (phase === "starting") return reason("starting", "The runtime is still starting.");
  return reason("runtime-draining", "The runtime is shutting down: nothing new is started. The job stays stored and runs after the next start.");
}

function missingType({ job, jobType }: WaitingSnapshot): WhyReason | null {
  return jobType === null ? reason("no-such-type", `No loaded module defines the type ${job.type}. It waits until one does.`) : null;
}

function pausedLane({ lane }: WaitingSnapshot): WhyReason | null {
  const paused = lane?.dispatchPaused ?? null;
  return lane === null || paused === null ? null : reason("lane-paused", `Lane ${lane.name} is paused: ${paused.reason}`, paused.untilMs);
}

function notYet({ job, nowMs }: WaitingSnapshot): WhyReason | null {
  if (job.runAtMs <= nowMs) return null;
  if (job.state === "scheduled") return reason("not-yet-due", "It is not due yet.", job.runAtMs);
  if (job.state !== "retrying") return null;
  return reason("backing-off", `It pauses before its next attempt after ${job.attempts} so far${job.summary === null ? "" : `; the last one: ${job.summary}`}`, job.runAtMs);
}

function fullLane({ lane, laneRunning }: WaitingSnapshot): WhyReason | null {
  if (lane === null || laneRunning < lane.concurrency) return null;
  if (lane.concurrency === 0) return reason("lane-full", `Lane ${lane.name} is scaled to 0: nothing is started in it.`);
  return reason("lane-full", `Lane ${lane.name} runs ${laneRunning} of at most ${lane.concurrency} attempts at once.`);
}

function fullType({ jobType, typeRunning }: WaitingSnapshot): WhyReason | null {
  const limit = jobType?.concurrency ?? null;
  return limit === null || typeRunning < limit ? null : reason("type-full", `${typeRunning} jobs of this type run; at most ${limit} may.`);
}

/** A ramp holds back only what goes beyond its step; that is said by lane-full and type-full as well, but not why. */
function heldBack(trip: TripView | null): WhyReason | null {
  if (trip === null || trip.state === "steady") return null;
  const what = `${trip.scope === "lane" ? "Lane" : "Type"} ${trip.name}`;
  if (trip.state === "tripped") return reason(`${trip.scope}-tripped`, `${what} has tripped: ${trip.reason}. Then one attempt at a time.`, trip.untilMs);
  return reason(`${trip.scope}-tripped`, `${what} comes back step by step: ${trip.allowed} of ${trip.full} at once now. It had tripped: ${trip.reason}.`);
}

/** The gates of the memory, with their numbers: pressed from outside, kept for another, or simply all reserved. */
function shortOfMemory({ job, memory, pressure }: WaitingSnapshot): WhyReason | null {
  const fits = memory.fits.find(({ lane, type }) => lane === job.lane && type === job.type);
  if (fits === undefined || fits.slots > 0) return null;
  const freeBytes = memory.capacityBytes - memory.reservedBytes;
  const runs = memory.reservations.reduce((sum, { slots }) => sum + slots, 0);
  if (memory.gate === "closed") return reason("memory-pressure", `The machine is short of memory: ${pressure.reason}. Nothing is started beside the ${runs} that run.`);
  const need = formatBytes(fits.needBytes);
  const kept = memory.keptFor;
  if (kept !== null && fits.needBytes <= freeBytes && !(kept.lane === job.lane && kept.type === job.type)) {
    return reason(
      "memory-kept",
      `It needs ${need} of the ${formatBytes(freeBytes)} that are free, but room is kept for job ${kept.jobId}, which needs ${formatBytes(kept.needBytes)}.`,
    );
  }
  const head = memory.blocked.find(({ lane, type }) => lane === job.lane && type === job.type);
  const passed = head === undefined ? "" : ` Its type was passed by ${head.bypassed} attempts; after ${memory.rule.bypassMax} room is kept for it.`;
  return reason("memory-full", `It needs ${need}; ${formatBytes(memory.reservedBytes)} of ${formatBytes(memory.capacityBytes)} are reserved by ${runs} that run.${passed}`);
}

function queued({ job, laneReady }: WaitingSnapshot): WhyReason {
  const others = Math.max(0, laneReady - (job.state === "ready" ? 1 : 0));
  const text =
    others === 0
      ? "Nothing holds it back: it is about to be handed to a worker."
      : `${others} other job${others === 1 ? " is" : "s are"} ready in its lane; by priority, then by age.`;
  return reason("behind-others", text);
}
