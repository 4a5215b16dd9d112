import { firstState, type EnqueueResult, type NewJob } from "../../model/index.ts";
import { integer, stateOf, STATE_CODES, text, uniqueScope } from "../codec.ts";
import { HOLDS_UNIQUE_KEY, INLINE_BYTES_MAX } from "../schema.ts";
import { createPutAnswer } from "./answers.ts";
import type { WriteContext } from "./context.ts";

/**
 * Stores new jobs. A unique key is held from the moment its job is stored until it succeeded, failed or was cancelled; a job in quarantine still holds it,
 * or the same poison could come in again by the front door. A schedule's slot is taken for ever, also after its job was pruned.
 */
export function createEnqueue({ database, queues }: WriteContext): (items: readonly NewJob[]) => readonly EnqueueResult[] {
  const insert = database.prepare(
    `INSERT INTO jobs (id, queue, state, priority, run_at, created_at, input_bytes, input, unique_scope, schedule_slot, retry_of, tags, quarantine)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertInput = database.prepare("INSERT INTO documents (job_id, kind, body) VALUES (?, 'input', ?)");
  const findUnique = database.prepare(`SELECT id, state FROM jobs WHERE unique_scope = ? AND ${HOLDS_UNIQUE_KEY}`);
  const findSlot = database.prepare("SELECT s.job_id AS id, coalesce(j.state, s.last_state) AS state FROM schedule_slots s LEFT JOIN jobs j ON j.id = s.job_id WHERE s.slot = ?");
  const insertSlot = database.prepare("INSERT INTO schedule_slots (slot, job_id, last_state) VALUES (?, ?, ?)");

  const putAnswer = createPutAnswer(database);

  const findEarlier = (job: NewJob): EnqueueResult | null => {
    const row =
      (job.scheduleSlot === null ? undefined : findSlot.get(job.scheduleSlot)) ?? (job.uniqueKey === null ? undefined : findUnique.get(uniqueScope(job.type, job.uniqueKey)));
    return row === undefined ? null : { id: text(row["id"]), state: stateOf(integer(row["state"])), deduplicated: true };
  };

  const store = (job: NewJob): EnqueueResult => {
    const { diversion } = job;
    const state = firstState(job);
    const queue = queues.of(job.lane, job.type);
    const inputBytes = Buffer.byteLength(job.input);
    const isInline = inputBytes <= INLINE_BYTES_MAX;
    insert.run(
      job.id,
      queue.id,
      STATE_CODES[state],
      job.priority,
      job.runAtMs,
      job.createdAtMs,
      inputBytes,
      isInline ? job.input : null,
      job.uniqueKey === null ? null : uniqueScope(job.type, job.uniqueKey),
      job.scheduleSlot,
      job.retryOf,
      job.tags.length === 0 ? null : JSON.stringify(job.tags),
      diversion?.kind === "quarantine" ? JSON.stringify({ reason: diversion.reason, atMs: job.createdAtMs }) : null,
    );
    if (!isInline) insertInput.run(job.id, job.input);
    if (job.answer !== null) putAnswer(job.answer);
    if (job.scheduleSlot !== null) insertSlot.run(job.scheduleSlot, job.id, STATE_CODES[state]);
    queues.count(queue, null, state);
    return { id: job.id, state, deduplicated: false };
  };

  return (items) => items.map((job) => (job.uniqueKey === null && job.scheduleSlot === null ? store(job) : (findEarlier(job) ?? store(job))));
}
