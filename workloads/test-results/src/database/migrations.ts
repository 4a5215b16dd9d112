import type { ColumnWords, Migration } from "workload-database";

function tables({ key, text, bigint, real, longKey }: ColumnWords): string {
  const id = (parent: string): string => `${bigint} NOT NULL REFERENCES ${parent}(id) ON DELETE CASCADE`;
  return `
CREATE TABLE releases (
  id ${key},
  name ${text} NOT NULL UNIQUE,
  is_active INTEGER NOT NULL DEFAULT 1,
  jenkins_job_url ${text},
  last_processed_build INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE modules (
  id ${key},
  release_id ${id("releases")},
  name ${text} NOT NULL,
  UNIQUE (release_id, name)
);
CREATE TABLE jobs (
  id ${key},
  module_id ${id("modules")},
  job_id ${text} NOT NULL,
  parent_job_id ${text},
  total INTEGER NOT NULL DEFAULT 0,
  passed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  pass_rate ${real} NOT NULL DEFAULT 0,
  jenkins_url ${text},
  version ${text},
  executed_at ${text},
  downloaded_at ${text},
  created_at ${text} NOT NULL,
  environment ${text} NOT NULL DEFAULT 'prod',
  import_state ${text} NOT NULL DEFAULT 'pending'
    CHECK (import_state IN ('pending', 'importing', 'complete', 'partial', 'empty', 'quarantined', 'failed')),
  input_digest ${text},
  listing_digest ${text},
  cause ${text},
  empty_times INTEGER NOT NULL DEFAULT 0,
  unmatched_junit INTEGER NOT NULL DEFAULT 0,
  progress_key ${text},
  rows_written INTEGER NOT NULL DEFAULT 0,
  UNIQUE (module_id, job_id)
);
CREATE INDEX jobs_by_parent ON jobs (parent_job_id);
CREATE TABLE test_results (
  id ${key},
  job_id ${id("jobs")},
  topology ${text} NOT NULL,
  file_path ${text} NOT NULL,
  class_name ${text} NOT NULL,
  test_name ${text} NOT NULL,
  occurrence INTEGER NOT NULL DEFAULT 1,
  status ${text} NOT NULL CHECK (status IN ('PASSED', 'FAILED', 'SKIPPED')),
  setup_ip ${text},
  order_index INTEGER NOT NULL,
  duration ${real},
  was_rerun INTEGER NOT NULL DEFAULT 0,
  rerun_still_failed INTEGER NOT NULL DEFAULT 0,
  failure_message ${text},
  priority ${text} NOT NULL DEFAULT 'UNKNOWN',
  is_removed INTEGER NOT NULL DEFAULT 0,
  testcase_module ${text}
);
CREATE UNIQUE INDEX test_results_by_key ON test_results (job_id, ${longKey(["topology", "file_path", "class_name", "test_name"])}, occurrence);
CREATE TABLE testcase_metadata (
  id ${key},
  release_id ${bigint} REFERENCES releases(id) ON DELETE CASCADE,
  testcase_name ${text} NOT NULL,
  priority ${text},
  topology ${text},
  is_removed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX testcase_metadata_by_name ON testcase_metadata (testcase_name, coalesce(release_id, 0));
CREATE TABLE imports (
  id ${key},
  job_id ${id("jobs")},
  step ${text} NOT NULL CHECK (step IN ('download', 'parse-order', 'parse-junit', 'merge', 'write', 'done')),
  started_at ${text} NOT NULL,
  finished_at ${text},
  parsed INTEGER NOT NULL DEFAULT 0,
  written INTEGER NOT NULL DEFAULT 0,
  bytes ${bigint} NOT NULL DEFAULT 0,
  memory_peak_mb ${real} NOT NULL DEFAULT 0,
  error ${text}
);
CREATE INDEX imports_by_job ON imports (job_id);
CREATE TABLE quarantine (
  job_id ${bigint} PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,
  reason ${text} NOT NULL,
  at ${text} NOT NULL,
  request ${text} NOT NULL,
  runtime_job_id ${text},
  input_key ${text}
);
CREATE TABLE polling_logs (
  id ${key},
  status ${text} NOT NULL CHECK (status IN ('success', 'partial', 'failed')),
  modules_downloaded INTEGER NOT NULL DEFAULT 0,
  error_message ${text},
  started_at ${text} NOT NULL,
  completed_at ${text}
);
CREATE TABLE settings (
  key ${text} NOT NULL UNIQUE,
  value ${text} NOT NULL
);
CREATE TABLE parent_builds (
  release_id ${id("releases")},
  number INTEGER NOT NULL,
  url ${text} NOT NULL,
  complete_discovery INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (release_id, number)
);
CREATE TABLE parent_build_modules (
  release_id ${bigint} NOT NULL,
  number INTEGER NOT NULL,
  release_name ${text} NOT NULL,
  module_name ${text} NOT NULL,
  job_id ${text} NOT NULL,
  PRIMARY KEY (release_id, number, release_name, module_name, job_id),
  FOREIGN KEY (release_id, number) REFERENCES parent_builds(release_id, number) ON DELETE CASCADE
);
CREATE TABLE runs (
  id ${text} PRIMARY KEY,
  kind ${text} NOT NULL CHECK (kind IN ('download', 'poll', 'import')),
  request ${text} NOT NULL,
  state ${text} NOT NULL CHECK (state IN ('running', 'success', 'partial', 'failed')),
  error ${text},
  created_at ${text} NOT NULL,
  ended_at ${text}
);
CREATE TABLE run_messages (
  run_id ${text} NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  message ${text} NOT NULL,
  PRIMARY KEY (run_id, seq)
)`;
}

/** Whose runtime a run was given to, and so who goes on with it. What waits in quarantine is found in the runtime by its key. */
const OWNERS = `
ALTER TABLE runs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantine DROP COLUMN runtime_job_id`;

/** The schema, step by step; what is released is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "releases, modules, jobs, results, runs", statements: tables },
  { number: 2, name: "owners of runs", statements: () => OWNERS },
];
