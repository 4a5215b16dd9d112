/** Version of the schema below, kept in `PRAGMA user_version`; a newer database is refused. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE releases (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  is_active INTEGER NOT NULL DEFAULT 1,
  jenkins_job_url TEXT,
  last_processed_build INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE modules (
  id INTEGER PRIMARY KEY,
  release_id INTEGER NOT NULL REFERENCES releases(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  UNIQUE (release_id, name)
);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  module_id INTEGER NOT NULL REFERENCES modules(id) ON DELETE CASCADE,
  job_id TEXT NOT NULL,
  parent_job_id TEXT,
  total INTEGER NOT NULL DEFAULT 0,
  passed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  pass_rate REAL NOT NULL DEFAULT 0,
  jenkins_url TEXT,
  version TEXT,
  executed_at TEXT,
  downloaded_at TEXT,
  created_at TEXT NOT NULL,
  environment TEXT NOT NULL DEFAULT 'prod',
  import_state TEXT NOT NULL DEFAULT 'pending'
    CHECK (import_state IN ('pending', 'importing', 'complete', 'partial', 'empty', 'quarantined', 'failed')),
  input_digest TEXT,
  listing_digest TEXT,
  cause TEXT,
  empty_times INTEGER NOT NULL DEFAULT 0,
  unmatched_junit INTEGER NOT NULL DEFAULT 0,
  progress_key TEXT,
  rows_written INTEGER NOT NULL DEFAULT 0,
  UNIQUE (module_id, job_id)
);
CREATE INDEX jobs_by_parent ON jobs (parent_job_id);
CREATE TABLE test_results (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  topology TEXT NOT NULL,
  file_path TEXT NOT NULL,
  class_name TEXT NOT NULL,
  test_name TEXT NOT NULL,
  occurrence INTEGER NOT NULL DEFAULT 1,
  status TEXT NOT NULL CHECK (status IN ('PASSED', 'FAILED', 'SKIPPED')),
  setup_ip TEXT,
  order_index INTEGER NOT NULL,
  duration REAL,
  was_rerun INTEGER NOT NULL DEFAULT 0,
  rerun_still_failed INTEGER NOT NULL DEFAULT 0,
  failure_message TEXT,
  priority TEXT NOT NULL DEFAULT 'UNKNOWN',
  is_removed INTEGER NOT NULL DEFAULT 0,
  testcase_module TEXT,
  UNIQUE (job_id, topology, file_path, class_name, test_name, occurrence)
);
CREATE TABLE testcase_metadata (
  id INTEGER PRIMARY KEY,
  release_id INTEGER REFERENCES releases(id) ON DELETE CASCADE,
  testcase_name TEXT NOT NULL,
  priority TEXT,
  topology TEXT,
  is_removed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX testcase_metadata_by_name ON testcase_metadata (testcase_name, coalesce(release_id, 0));
CREATE TABLE imports (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  step TEXT NOT NULL CHECK (step IN ('download', 'parse-order', 'parse-junit', 'merge', 'write', 'done')),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  parsed INTEGER NOT NULL DEFAULT 0,
  written INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  memory_peak_mb REAL NOT NULL DEFAULT 0,
  error TEXT
);
CREATE INDEX imports_by_job ON imports (job_id);
CREATE TABLE quarantine (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  request TEXT NOT NULL,
  runtime_job_id TEXT
);
CREATE TABLE polling_logs (
  id INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('success', 'partial', 'failed')),
  modules_downloaded INTEGER NOT NULL DEFAULT 0,
  error_message TEXT,
  started_at TEXT NOT NULL,
  completed_at TEXT
);
CREATE TABLE settings (
  key TEXT NOT NULL UNIQUE,
  value TEXT NOT NULL
);
CREATE TABLE parent_builds (
  release_id INTEGER NOT NULL REFERENCES releases(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  url TEXT NOT NULL,
  modules TEXT NOT NULL,
  complete_discovery INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (release_id, number)
);
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('download', 'poll', 'import')),
  request TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'success', 'partial', 'failed')),
  error TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT
);
CREATE TABLE run_messages (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;
`;
