import { familyOf, type AttemptRecord, type Fact, type IncidentRecord } from "../model/index.ts";

/** Another attempt that ended badly at about the same time. */
export interface HurtNeighbour {
  readonly jobId: string;
  readonly attemptId: string;
  readonly type: string;
  readonly cause: string;
  readonly endedAtMs: number;
  readonly sameWorker: boolean;
}

/** Deaths this close to each other belong together. */
export const HURT_WINDOW_MS = 5000;

/** What the trouble has cost: attempts, work, neighbours. */
export function findImpact(
  incident: IncidentRecord,
  attempt: AttemptRecord | null,
  around: readonly AttemptRecord[],
): { readonly facts: readonly Fact[]; readonly hurt: readonly HurtNeighbour[] } {
  const hurt = attempt === null ? [] : findHurt(attempt, around);
  const autopsy = attempt?.autopsy ?? null;
  const facts: Fact[] = [
    { fact: "attempts lost", value: incident.count, source: "journal: incident" },
    { fact: "work lost, seconds", value: incident.lostSeconds, source: "journal: incident (sum of wall times)" },
  ];
  if (attempt !== null) {
    const kept = autopsy?.checkpoint ?? null;
    facts.push({ fact: "work lost by the last one, seconds", value: attempt.usage.wallSeconds, source: "supervisor clock" });
    facts.push({ fact: "last checkpoint", value: kept === null ? "none: the next attempt begins from the start" : new Date(kept.atMs).toISOString(), source: "job checkpoint" });
    facts.push({ fact: "attempts that ran beside it", value: autopsy?.neighbours.length ?? 0, source: "supervisor: running attempts" });
    facts.push({ fact: `attempts that ended badly within ${HURT_WINDOW_MS / 1000} s`, value: hurt.length, source: "journal: attempts" });
  }
  return { facts, hurt };
}

function findHurt(attempt: AttemptRecord, around: readonly AttemptRecord[]): readonly HurtNeighbour[] {
  return around
    .filter((other) => other.id !== attempt.id && familyOf(other.verdict.cause) === "death" && Math.abs(other.endedAtMs - attempt.endedAtMs) <= HURT_WINDOW_MS)
    .map((other) => ({
      jobId: other.jobId,
      attemptId: other.id,
      type: other.type,
      cause: other.verdict.cause,
      endedAtMs: other.endedAtMs,
      sameWorker: other.workerId === attempt.workerId,
    }));
}
