// The tables, and the numbered steps that made them. Forward only: a step that was released is never edited, a new one is added.

/** "Cofd": tells our files from any other SQLite file. */
export const APPLICATION_ID = 0x436f6664;

/**
 * Every step leads from version index to index + 1.
 *
 * Why the tables look like this:
 * - `queues` gives every (lane, type) a small number, and keeps the exact number of jobs by state, written once per commit. So a ready entry is small, a claim
 *   skips a type that is at its limit without walking over its jobs, and counting never scans.
 * - `jobs` is clustered by id, which sorts by time: new jobs are appended. Indexes are partial, so that the happy path touches few of them.
 * - `leases` holds what is only true while a job runs. Kept out of the job's row, so that rows do not grow and shrink and pages do not split.
 * - `documents` holds what is too large for a row (see INLINE_BYTES_MAX) and checkpoints.
 * - `breakers` and `services` are one JSON record each: nobody asks SQL about their parts. Breakers that nobody asks about are removed when their time is over.
 * - `books` holds small records by key that one room keeps for itself: trips, what was learned of job types.
 * - `attempts` is appended in the order of the ends, once per attempt. `terms` holds what nearly all attempts of a type have in common: budget and enforcement.
 * - `incidents` is one row per fingerprint; its occurrences are kept to a number, its count is exact. An incident of a whole lane, service or runtime has "" where there is no type,
 *   lane, attempt or job; what it rests on is one JSON text with its occurrence.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    lane TEXT NOT NULL,
    type TEXT NOT NULL,
    scheduled INTEGER NOT NULL DEFAULT 0,
    ready INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    retrying INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    UNIQUE (lane, type)
  ) STRICT;

  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    queue INTEGER NOT NULL,
    state INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0,
    input_bytes INTEGER NOT NULL,
    input TEXT,
    has_checkpoint INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER,
    ended_at INTEGER,
    cause TEXT,
    summary TEXT,
    result_bytes INTEGER,
    result TEXT,
    unique_scope TEXT,
    schedule_slot TEXT,
    retry_of TEXT,
    tags TEXT,
    progress TEXT,
    cancel_request TEXT,
    quarantine TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_ready ON jobs (queue, priority DESC, run_at, id) WHERE state = 1;
  CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state IN (0, 3);
  CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state IN (4, 5, 6);
  CREATE INDEX jobs_notable ON jobs (state, id) WHERE state IN (0, 3, 5, 6, 7);
  CREATE UNIQUE INDEX jobs_unique ON jobs (unique_scope) WHERE unique_scope IS NOT NULL AND state IN (0, 1, 2, 3, 7);

  CREATE TABLE schedule_slots (slot TEXT PRIMARY KEY, job_id TEXT NOT NULL, last_state INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    job_id TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    owner TEXT NOT NULL,
    leased_at INTEGER NOT NULL,
    intent TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE documents (
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job_id, kind)
  ) STRICT;

  CREATE TABLE log_files (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE INDEX log_files_unused ON log_files (id) WHERE attempts = 0;

  CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    queue INTEGER NOT NULL,
    worker_id TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL,
    cause TEXT NOT NULL,
    next TEXT NOT NULL,
    log_file INTEGER,
    log_from INTEGER,
    log_to INTEGER,
    terms INTEGER NOT NULL,
    details TEXT NOT NULL
  ) STRICT;
  CREATE TABLE terms (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
  CREATE INDEX attempts_id ON attempts (id);
  CREATE INDEX attempts_job ON attempts (job_id, attempt);
  CREATE INDEX attempts_time ON attempts (ended_at, queue, cause, started_at, wait_ms);

  CREATE TABLE schedules (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE lanes (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_age ON idempotency (created_at);
  `,
  `
  CREATE TABLE breakers (key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX breakers_age ON breakers (expires_at);
  CREATE TABLE services (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    lane TEXT NOT NULL,
    cause TEXT NOT NULL,
    signature TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    lost_ms INTEGER NOT NULL,
    last_attempt TEXT NOT NULL,
    last_job TEXT NOT NULL,
    releases TEXT NOT NULL,
    resolved_at INTEGER,
    resolved_release TEXT,
    notes TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX incidents_seen ON incidents (last_seen_at, id);

  CREATE TABLE incident_occurrences (
    seq INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    attempt TEXT NOT NULL,
    job TEXT NOT NULL,
    at INTEGER NOT NULL,
    release TEXT
  ) STRICT;
  CREATE INDEX incident_occurrences_of ON incident_occurrences (incident, seq);

  CREATE TABLE incident_validations (id TEXT PRIMARY KEY, incident TEXT NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX incident_validations_of ON incident_validations (incident, state);
  `,
  `
  CREATE TABLE books (book TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (book, key)) STRICT, WITHOUT ROWID;
  `,
  // The same indexes with conditions that are cheap to judge; see IS_ENDED.
  `
  DROP INDEX jobs_due;
  DROP INDEX jobs_ended;
  DROP INDEX jobs_notable;
  DROP INDEX jobs_unique;
  CREATE INDEX jobs_due ON jobs (run_at, id) WHERE (state = 0 OR state = 3);
  CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state >= 4 AND state <= 6;
  CREATE INDEX jobs_notable ON jobs (state, id) WHERE (state = 0 OR state = 3 OR state >= 5);
  CREATE UNIQUE INDEX jobs_unique ON jobs (unique_scope) WHERE unique_scope IS NOT NULL AND (state <= 3 OR state = 7);
  `,
  `
  ALTER TABLE incidents ADD COLUMN scope TEXT NOT NULL DEFAULT 'type';
  ALTER TABLE incidents ADD COLUMN name TEXT NOT NULL DEFAULT '';
  UPDATE incidents SET name = type;
  ALTER TABLE incident_occurrences ADD COLUMN trouble TEXT;
  `,
];

/**
 * SQLite uses a partial index only for a query that repeats its condition word for word. Part of the schema: change both together.
 * Comparisons, not lists: for each list of three or more SQLite builds a table at every statement that writes, which cost a third of a job's way through the writer.
 */
export const IS_ENDED = "state >= 4 AND state <= 6";
export const IS_NOTABLE = "(state = 0 OR state = 3 OR state >= 5)";
export const IS_DUE = "(state = 0 OR state = 3)";
export const HOLDS_UNIQUE_KEY = "unique_scope IS NOT NULL AND (state <= 3 OR state = 7)";

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Inputs and results up to this size live in the job's row; larger ones in `documents`. */
export const INLINE_BYTES_MAX = 512;
