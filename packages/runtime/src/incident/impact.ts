import { familyOf, isEnded, type AttemptRecord, type Fact, type IncidentRecord, type JobRecord } from "../model/index.ts";

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
/** More are not listed, only said to be more. */
export const HURT_MAX = 100;

export interface ImpactInput {
  readonly incident: IncidentRecord;
  readonly attempt: AttemptRecord | null;
  readonly job: JobRecord | null;
  readonly around: readonly AttemptRecord[];
}

/** What the trouble has cost: attempts, work, neighbours. */
export function findImpact({ incident, attempt, job, around }: ImpactInput): { readonly facts: readonly Fact[]; readonly hurt: readonly HurtNeighbour[] } {
  const hurt = attempt === null ? [] : findHurt(attempt, around);
  const facts: Fact[] = [
    { fact: "attempts lost", value: incident.count, source: "journal: incident" },
    { fact: "work lost, seconds", value: incident.lostSeconds, source: "journal: incident (sum of wall times)" },
  ];
  if (attempt !== null) {
    facts.push({ fact: "work lost by the last one, seconds", value: attempt.usage.wallSeconds, source: "supervisor clock" });
    facts.push({ fact: "last checkpoint", value: wordCheckpoint(attempt, job), source: "job checkpoint" });
    facts.push({ fact: "attempts that ran beside it", value: attempt.autopsy?.neighbours.length ?? 0, source: "supervisor: running attempts" });
    facts.push({
      fact: `attempts that ended badly within ${HURT_WINDOW_MS / 1000} s`,
      value: hurt.length > HURT_MAX ? `more than ${HURT_MAX}` : hurt.length,
      source: "journal: attempts",
    });
  }
  return { facts, hurt: hurt.slice(0, HURT_MAX) };
}

/** Of an attempt whose supervisor died, and of one that went on from an earlier checkpoint, only the job knows one. */
function wordCheckpoint({ autopsy }: AttemptRecord, job: JobRecord | null): string {
  const own = autopsy?.checkpoint ?? null;
  if (own !== null) return new Date(own.atMs).toISOString();
  if (job?.hasCheckpoint === true) return "none is known of this attempt; the job has one";
  return job === null || isEnded(job.state) ? "none is kept" : "none: the next attempt begins from the start";
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
