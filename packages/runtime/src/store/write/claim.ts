import type { Lease } from "../../model/index.ts";
import { IS_DUE } from "../schema.ts";
import type { ClaimRequest } from "../ports.ts";
import { attemptIdOf, integer, stateOf, STATE_CODES, text, textOrNull, type Row } from "../codec.ts";
import type { WriteContext } from "./context.ts";
import type { Queue } from "./queues.ts";

/** Jobs whose time has come that one claim makes ready; the rest follows with the next claim. Bounds the commit. */
const PROMOTED_MAX = 5000;

/** Leases the best ready jobs of a lane, after making ready what is due. */
export function createClaim(context: WriteContext): (request: ClaimRequest, seed: string) => readonly Lease[] {
  const { database, queues } = context;
  const promote = createPromote(context);
  const best = database.prepare(
    `SELECT id, priority, run_at, attempts, errors, deaths, input, has_checkpoint
     FROM jobs INDEXED BY jobs_ready WHERE state = 1 AND queue = ? ORDER BY priority DESC, run_at, id LIMIT ?`,
  );
  const take = database.prepare(`UPDATE jobs SET state = ${STATE_CODES.running}, attempts = attempts + 1, started_at = ? WHERE id = ?`);
  const insertLease = database.prepare("INSERT INTO leases (job_id, token, owner, leased_at) VALUES (?, ?, ?, ?)");
  const findDocument = database.prepare("SELECT body FROM documents WHERE job_id = ? AND kind = ?");

  const candidatesOf = (queue: Queue, request: ClaimRequest): Candidate[] => {
    const limit = Math.min(request.limit, request.perType.get(queue.type) ?? request.limit);
    if (limit <= 0 || queue.counts.ready === 0) return [];
    return best.all(queue.id, limit).map((row) => ({ id: text(row["id"]), priority: integer(row["priority"]), runAtMs: integer(row["run_at"]), queue, row }));
  };

  const lease = ({ id, queue, runAtMs, row }: Candidate, request: ClaimRequest, token: string): Lease => {
    take.run(request.nowMs, id);
    insertLease.run(id, token, request.owner, request.nowMs);
    queues.count(queue, "ready", "running");
    return {
      jobId: id,
      attemptId: attemptIdOf(token),
      attempt: integer(row["attempts"]) + 1,
      token,
      type: queue.type,
      lane: queue.lane,
      input: textOrNull(row["input"]) ?? text(findDocument.get(id, "input")?.["body"]),
      checkpoint: row["has_checkpoint"] === 1 ? text(findDocument.get(id, "checkpoint")?.["body"]) : null,
      errors: integer(row["errors"]),
      deaths: integer(row["deaths"]),
      leasedAtMs: request.nowMs,
      runAtMs,
    };
  };

  return (request, seed) => {
    promote(request.nowMs);
    const candidates = chooseBest(
      queues.inLane(request.lane).map((queue) => candidatesOf(queue, request)),
      request.limit,
    );
    return candidates.map((candidate, index) => lease(candidate, request, makeToken(request.nowMs, seed, index)));
  };
}

interface Candidate {
  readonly id: string;
  readonly priority: number;
  readonly runAtMs: number;
  readonly queue: Queue;
  /** The job before it is taken. */
  readonly row: Row;
}

function chooseBest(perQueue: readonly Candidate[][], limit: number): readonly Candidate[] {
  const waiting = perQueue.filter((candidates) => candidates.length > 0);
  if (waiting.length === 1) return waiting[0] ?? [];
  return waiting.flat().sort(compareCandidates).slice(0, Math.max(0, limit));
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return b.priority - a.priority || a.runAtMs - b.runAtMs || (a.id < b.id ? -1 : 1);
}

/** Time, the chance of this claim and the place in it: unique for each lease ever given, and sorted by time. */
function makeToken(nowMs: number, seed: string, index: number): string {
  return `l_${nowMs.toString(16).padStart(12, "0")}${seed}${index.toString(16).padStart(4, "0")}`;
}

/** Makes scheduled and retrying jobs ready whose time has come. */
function createPromote({ database, queues }: WriteContext): (nowMs: number) => void {
  const findDue = database.prepare(`SELECT id, queue, state FROM jobs INDEXED BY jobs_due WHERE ${IS_DUE} AND run_at <= ? ORDER BY run_at, id LIMIT ?`);
  const makeReady = database.prepare(`UPDATE jobs SET state = ${STATE_CODES.ready} WHERE id = ?`);
  return (nowMs) => {
    for (const row of findDue.all(nowMs, PROMOTED_MAX)) {
      makeReady.run(text(row["id"]));
      queues.count(queues.get(integer(row["queue"])), stateOf(integer(row["state"])), "ready");
    }
  };
}
