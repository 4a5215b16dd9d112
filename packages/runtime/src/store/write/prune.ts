import { makeId, type JobState } from "../../model/index.ts";
import { integer, integerOrNull, stateOf, STATE_CODES, text, textOrNull } from "../codec.ts";
import { IS_ENDED } from "../schema.ts";
import type { PruneResult, PruneRule } from "../ports.ts";
import type { WriteContext } from "./context.ts";
import type { IncidentWrites } from "./incidents.ts";
import type { Queue } from "./queues.ts";

/** Removes a job with everything that belongs to it. A schedule's slot stays taken; the range of the ids that are gone is kept, see `wasPruned`. */
export function createJobRemover({ database, queues, logFiles }: WriteContext): (jobId: string, queue: Queue, state: JobState, slot: string | null) => void {
  const deleteAttempts = database.prepare("DELETE FROM attempts WHERE job_id = ? RETURNING log_file");
  const deleteDocuments = database.prepare("DELETE FROM documents WHERE job_id = ?");
  const deleteJob = database.prepare("DELETE FROM jobs WHERE id = ?");
  const keepSlot = database.prepare("UPDATE schedule_slots SET last_state = ? WHERE slot = ?");
  return (jobId, queue, state, slot) => {
    for (const row of deleteAttempts.all(jobId)) {
      const file = integerOrNull(row["log_file"]);
      if (file !== null) logFiles.drop(file);
    }
    deleteDocuments.run(jobId);
    deleteJob.run(jobId);
    if (slot !== null) keepSlot.run(STATE_CODES[state], slot);
    queues.count(queue, state, null);
  };
}

const NO_CHANCE = new Uint8Array(10);

/** Removes what is older than the rule says; at most `limit` of each kind per call. */
export function createPrune(context: WriteContext, incidents: IncidentWrites): (rule: PruneRule) => PruneResult {
  const { database, queues, logFiles } = context;
  const removeJob = createJobRemover(context);
  const findOld = database.prepare(
    `SELECT id, queue, state, schedule_slot FROM jobs INDEXED BY jobs_ended WHERE ${IS_ENDED} AND state = ? AND ended_at < ? ORDER BY ended_at LIMIT ?`,
  );
  const widenUp = database.prepare(
    "INSERT INTO meta (name, value) VALUES ('pruned_highest', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > value",
  );
  const widenDown = database.prepare(
    "INSERT INTO meta (name, value) VALUES ('pruned_lowest', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value < value",
  );
  const deleteAnswers = database.prepare("DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE created_at < ? LIMIT ?)");

  // No slot that is as old as this is asked for again.
  const deleteSlots = database.prepare(
    "DELETE FROM schedule_slots WHERE slot IN (SELECT slot FROM schedule_slots s WHERE job_id < ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = s.job_id) LIMIT ?)",
  );

  const removeOld = (state: JobState, beforeMs: number, limit: number): number => {
    if (limit <= 0) return 0;
    const rows = findOld.all(STATE_CODES[state], beforeMs, limit);
    for (const row of rows) {
      removeJob(text(row["id"]), queues.get(integer(row["queue"])), stateOf(integer(row["state"])), textOrNull(row["schedule_slot"]));
    }
    const ids = rows.map((row) => text(row["id"])).sort();
    const [lowest, highest] = [ids[0], ids.at(-1)];
    if (lowest !== undefined) widenDown.run(lowest);
    if (highest !== undefined) widenUp.run(highest);
    return rows.length;
  };

  return (rule) => {
    let jobs = removeOld("succeeded", rule.succeededBeforeMs, rule.limit);
    jobs += removeOld("failed", rule.failedBeforeMs, rule.limit - jobs);
    jobs += removeOld("cancelled", rule.failedBeforeMs, rule.limit - jobs);
    incidents.prune(rule.failedBeforeMs, rule.limit);
    deleteAnswers.run(rule.idempotencyBeforeMs, rule.limit);
    deleteSlots.run(makeId("job", rule.failedBeforeMs, NO_CHANCE), rule.limit);
    return { jobs, logFiles: logFiles.takeUnused(rule.limit, rule.logsInUse) };
  };
}
