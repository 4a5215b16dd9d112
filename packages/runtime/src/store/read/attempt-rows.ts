import { packSample, unpackSample, type AttemptRecord, type Autopsy, type Next } from "../../model/index.ts";
import { integer, integerOrNull, json, text, textOrNull, type Row } from "../codec.ts";

/** What nobody asks SQL about: kept as one JSON text beside the columns. */
type AttemptDetails = Pick<AttemptRecord, "verdict" | "exit" | "usage" | "leaks"> & { readonly autopsy?: StoredAutopsy };
/** What the attempts of a type have in common: stored once for all of them. */
type AttemptTerms = Pick<AttemptRecord, "enforcement" | "budget">;
/** The curve is kept as bare numbers: a fifth of the size. */
type StoredAutopsy = Omit<Autopsy, "curve"> & { readonly curve: readonly (readonly (number | null)[])[] };

export const ATTEMPT_QUERY = `SELECT a.id, a.job_id, a.attempt, q.type, q.lane, a.worker_id, a.pid, a.started_at, a.ended_at, a.next, f.path, a.log_from, a.log_to, a.details, t.body AS terms
  FROM attempts a JOIN queues q ON q.id = a.queue JOIN terms t ON t.id = a.terms LEFT JOIN log_files f ON f.id = a.log_file`;

const NEXT_KINDS: readonly string[] = ["complete", "retry", "quarantine", "give-up", "cancelled"] satisfies readonly Next["kind"][];

export function detailsOf(attempt: AttemptRecord): string {
  const { verdict, exit, usage, leaks, autopsy } = attempt;
  const details: AttemptDetails = { verdict, exit, usage, leaks };
  if (autopsy === undefined || autopsy === null) return JSON.stringify(details);
  return JSON.stringify({ ...details, autopsy: { ...autopsy, curve: autopsy.curve.map(packSample) } } satisfies AttemptDetails);
}

export function termsOf(attempt: AttemptRecord): string {
  const { enforcement, budget } = attempt;
  return JSON.stringify({ enforcement, budget } satisfies AttemptTerms);
}

function toAutopsy(stored: StoredAutopsy): Autopsy {
  return { ...stored, curve: stored.curve.flatMap((values) => unpackSample(values) ?? []) };
}

export function toAttemptRecord(row: Row): AttemptRecord {
  const file = textOrNull(row["path"]);
  const { autopsy, ...details } = json<AttemptDetails>(row["details"]);
  return {
    id: text(row["id"]),
    jobId: text(row["job_id"]),
    attempt: integer(row["attempt"]),
    type: text(row["type"]),
    lane: text(row["lane"]),
    workerId: text(row["worker_id"]),
    pid: integer(row["pid"]),
    startedAtMs: integer(row["started_at"]),
    endedAtMs: integer(row["ended_at"]),
    ...details,
    ...json<AttemptTerms>(row["terms"]),
    log: file === null ? null : { file, from: integerOrNull(row["log_from"]) ?? 0, to: integerOrNull(row["log_to"]) ?? 0 },
    next: nextKindOf(text(row["next"])),
    ...(autopsy === undefined ? {} : { autopsy: toAutopsy(autopsy) }),
  };
}

function nextKindOf(stored: string): Next["kind"] {
  return (NEXT_KINDS.includes(stored) ? stored : "give-up") as Next["kind"];
}
