import type { IdempotencyEntry, Intent, LaneRecord, ScheduleRecord, ServiceRecord } from "../../model/index.ts";
import { attemptIdOf, integer, json, jsonOrNull, text, textOrNull, type Row } from "../codec.ts";
import type { Operations } from "../operations.ts";
import type { UnfinishedAttempt } from "../ports.ts";
import { createPutAnswer } from "./answers.ts";
import type { WriteContext } from "./context.ts";

/** As much as a busy commit needs: room for less is not yet room to go on. */
const PROBE_BYTES = 256 * 1024;

type Handler<Kind extends keyof Operations> = (ask: Operations[Kind]["ask"]) => Operations[Kind]["answer"];

type JournalKind =
  | "unfinished"
  | "schedules"
  | "putSchedule"
  | "removeSchedule"
  | "lanes"
  | "putLane"
  | "book"
  | "putBook"
  | "services"
  | "putService"
  | "idempotency"
  | "putIdempotency"
  | "probe";

/** Schedules, lanes, remembered answers, and who left what unfinished. */
export type JournalOperations = { readonly [Kind in JournalKind]: Handler<Kind> };

export function createJournal({ database }: WriteContext): JournalOperations {
  const selectUnfinished = database.prepare(
    `SELECT l.job_id, l.token, l.owner, l.leased_at, l.intent, q.type, q.lane, j.attempts, j.errors, j.deaths, j.run_at, coalesce(j.input, i.body) AS input, c.body AS checkpoint
     FROM leases l JOIN jobs j ON j.id = l.job_id JOIN queues q ON q.id = j.queue
     LEFT JOIN documents i ON i.job_id = l.job_id AND i.kind = 'input'
     LEFT JOIN documents c ON c.job_id = l.job_id AND c.kind = 'checkpoint'
     WHERE l.owner <> ? ORDER BY l.job_id`,
  );
  const selectSchedules = database.prepare("SELECT record FROM schedules ORDER BY key");
  const insertSchedule = database.prepare("INSERT OR IGNORE INTO schedules (key, record) VALUES (?, ?)");
  const updateSchedule = database.prepare("UPDATE schedules SET record = ? WHERE key = ?");
  const deleteSchedule = database.prepare("DELETE FROM schedules WHERE key = ?");
  const selectLanes = database.prepare("SELECT record FROM lanes ORDER BY name");
  const putLane = database.prepare("INSERT INTO lanes (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record");
  const selectServices = database.prepare("SELECT record FROM services ORDER BY name");
  const putService = database.prepare("INSERT INTO services (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record");
  const selectBook = database.prepare("SELECT key, record FROM books WHERE book = ? ORDER BY key");
  const putEntry = database.prepare("INSERT INTO books (book, key, record) VALUES (?, ?, ?) ON CONFLICT (book, key) DO UPDATE SET record = excluded.record");
  const deleteEntry = database.prepare("DELETE FROM books WHERE book = ? AND key = ?");
  const selectAnswer = database.prepare("SELECT * FROM idempotency WHERE key = ?");
  const putAnswer = createPutAnswer(database);
  const touch = database.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', zeroblob(${PROBE_BYTES}))`);

  return {
    unfinished: ({ owner }) => selectUnfinished.all(owner).map(toUnfinished),
    schedules: () => selectSchedules.all().map((row) => json<ScheduleRecord>(row["record"])),
    putSchedule({ schedule }) {
      const record = JSON.stringify(schedule);
      if (insertSchedule.run(schedule.key, record).changes > 0) return "created";
      updateSchedule.run(record, schedule.key);
      return "updated";
    },
    removeSchedule: ({ key }) => (deleteSchedule.run(key).changes > 0 ? "removed" : "missing"),
    lanes: () => selectLanes.all().map((row) => json<LaneRecord>(row["record"])),
    putLane({ lane }) {
      putLane.run(lane.name, JSON.stringify(lane));
      return null;
    },
    book: ({ book }) => selectBook.all(book).map((row) => ({ key: text(row["key"]), record: text(row["record"]) })),
    putBook({ book, entries }) {
      for (const { key, record } of entries) {
        if (record === null) deleteEntry.run(book, key);
        else putEntry.run(book, key, record);
      }
      return null;
    },
    services: () => selectServices.all().map((row) => json<ServiceRecord>(row["record"])),
    putService({ service }) {
      putService.run(service.name, JSON.stringify(service));
      return null;
    },
    idempotency({ key }) {
      const row = selectAnswer.get(key);
      return row === undefined ? null : toIdempotencyEntry(row);
    },
    putIdempotency: ({ entry }) => putAnswer(entry),
    probe() {
      touch.run();
      return null;
    },
  };
}

function toIdempotencyEntry(row: Row): IdempotencyEntry {
  return {
    key: text(row["key"]),
    requestHash: text(row["request_hash"]),
    status: integer(row["status"]),
    body: text(row["body"]),
    createdAtMs: integer(row["created_at"]),
  };
}

function toUnfinished(row: Row): UnfinishedAttempt {
  const token = text(row["token"]);
  return {
    owner: text(row["owner"]),
    intent: jsonOrNull<Intent>(row["intent"]),
    lease: {
      jobId: text(row["job_id"]),
      attemptId: attemptIdOf(token),
      attempt: integer(row["attempts"]),
      token,
      type: text(row["type"]),
      lane: text(row["lane"]),
      input: text(row["input"]),
      checkpoint: textOrNull(row["checkpoint"]),
      errors: integer(row["errors"]),
      deaths: integer(row["deaths"]),
      leasedAtMs: integer(row["leased_at"]),
      runAtMs: integer(row["run_at"]),
    },
  };
}
