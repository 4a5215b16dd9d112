import type { Intent, ProgressInfo } from "../../model/index.ts";
import { integer, STATE_CODES } from "../codec.ts";
import { beganKind, FROM_THE_START } from "../began-with.ts";
import type { LeaseKey } from "../operations.ts";
import type { WriteContext } from "./context.ts";

/** What the holder of a lease may do besides settling it. All of it is fenced by the token. */
export interface LeaseOperations {
  /** The attempt never started: as if it had not been claimed. With a cancel asked for meanwhile the job ends as cancelled: these are named. */
  release(leases: readonly LeaseKey[]): readonly string[];
  checkpoint(lease: LeaseKey, checkpoint: string): "settled" | "stale";
  progress(entries: readonly { readonly lease: LeaseKey; readonly progress: ProgressInfo }[]): null;
  recordIntent(lease: LeaseKey, intent: Intent): null;
}

export function createLeaseOperations({ database, queues }: WriteContext): LeaseOperations {
  const giveBack = database.prepare("DELETE FROM leases WHERE job_id = ? AND token = ? RETURNING leased_at");
  const holds = database.prepare("SELECT 1 FROM leases WHERE job_id = ? AND token = ?");
  const find = database.prepare("SELECT queue, cancel_request IS NOT NULL AS cancelling FROM jobs WHERE id = ?");
  const undo = database.prepare(
    "UPDATE jobs SET state = ?, ended_at = ?, cause = coalesce(?, cause), attempts = attempts - 1, started_at = CASE WHEN attempts = 1 THEN NULL ELSE started_at END WHERE id = ?",
  );
  const countAttempts = database.prepare("SELECT attempts FROM jobs WHERE id = ?");
  const hasKept = database.prepare("SELECT 1 FROM documents WHERE job_id = ? AND kind = ?");
  const keepBegin = database.prepare(
    "INSERT INTO documents (job_id, kind, body) VALUES (?, ?, coalesce((SELECT body FROM documents WHERE job_id = ? AND kind = 'checkpoint'), ?))",
  );
  const putCheckpoint = database.prepare("INSERT INTO documents (job_id, kind, body) VALUES (?, 'checkpoint', ?) ON CONFLICT (job_id, kind) DO UPDATE SET body = excluded.body");
  const noteCheckpoint = database.prepare("UPDATE jobs SET has_checkpoint = 1 WHERE id = ? AND has_checkpoint = 0");
  const putProgress = database.prepare("UPDATE jobs SET progress = ? WHERE id = ?");
  const putIntent = database.prepare("UPDATE leases SET intent = ? WHERE job_id = ? AND token = ?");

  const endsAsCancelled = ({ jobId, token }: LeaseKey): boolean => {
    const lease = giveBack.get(jobId, token);
    if (lease === undefined) return false;
    const job = find.get(jobId) ?? {};
    const isCancelling = job["cancelling"] === 1;
    const state = isCancelling ? "cancelled" : "ready";
    undo.run(STATE_CODES[state], isCancelling ? integer(lease["leased_at"]) : null, isCancelling ? "cancelled" : null, jobId);
    queues.count(queues.get(integer(job["queue"])), "running", state);
    return isCancelling;
  };

  /** The first checkpoint of an attempt replaces the one that it began with: that is kept aside, so that the attempt can be run again as it was. */
  const keepWhatItBeganWith = (jobId: string): void => {
    const kind = beganKind(integer(countAttempts.get(jobId)?.["attempts"]));
    if (hasKept.get(jobId, kind) === undefined) keepBegin.run(jobId, kind, jobId, FROM_THE_START);
  };

  return {
    release(leases) {
      return leases.filter(endsAsCancelled).map(({ jobId }) => jobId);
    },
    checkpoint({ jobId, token }, checkpoint) {
      if (holds.get(jobId, token) === undefined) return "stale";
      keepWhatItBeganWith(jobId);
      putCheckpoint.run(jobId, checkpoint);
      noteCheckpoint.run(jobId);
      return "settled";
    },
    progress(entries) {
      for (const { lease, progress } of entries) {
        if (holds.get(lease.jobId, lease.token) !== undefined) putProgress.run(JSON.stringify(progress), lease.jobId);
      }
      return null;
    },
    recordIntent({ jobId, token }, intent) {
      putIntent.run(JSON.stringify(intent), jobId, token);
      return null;
    },
  };
}
