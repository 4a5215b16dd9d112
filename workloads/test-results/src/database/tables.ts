import type { Generated } from "kysely";
import type { ImportState, Step } from "../import/request.ts";

type Flag = Generated<number>;

/** The tables as queries see them; migrations.ts makes them. Times are RFC 3339 text, flags 0 and 1. */
export interface Tables {
  releases: { id: Generated<number>; name: string; is_active: Flag; jenkins_job_url: string | null; last_processed_build: Generated<number> };
  modules: { id: Generated<number>; release_id: number; name: string };
  jobs: JobsTable;
  test_results: ResultsTable;
  testcase_metadata: { id: Generated<number>; release_id: number | null; testcase_name: string; priority: string | null; topology: string | null; is_removed: Flag };
  imports: ImportsTable;
  quarantine: { job_id: number; reason: string; at: string; request: string; input_key: string | null };
  polling_logs: { id: Generated<number>; status: string; modules_downloaded: Generated<number>; error_message: string | null; started_at: string; completed_at: string | null };
  settings: { key: string; value: string };
  parent_builds: { release_id: number; number: number; url: string; complete_discovery: Flag };
  parent_build_modules: { release_id: number; number: number; release_name: string; module_name: string; job_id: string };
  runs: { id: string; owner: string; kind: string; request: string; state: string; error: string | null; created_at: string; ended_at: string | null };
  run_messages: { run_id: string; seq: number; message: string };
}

interface JobsTable {
  id: Generated<number>;
  module_id: number;
  job_id: string;
  parent_job_id: string | null;
  total: Generated<number>;
  passed: Generated<number>;
  failed: Generated<number>;
  skipped: Generated<number>;
  pass_rate: Generated<number>;
  jenkins_url: string | null;
  version: string | null;
  executed_at: string | null;
  downloaded_at: string | null;
  created_at: string;
  environment: Generated<string>;
  import_state: Generated<ImportState>;
  input_digest: string | null;
  /** Of the list of artifacts: unchanged means that nothing has to be fetched to know it. */
  listing_digest: string | null;
  /** Why it is failed or partial, in one word. */
  cause: string | null;
  /** How often in a row it was empty. */
  empty_times: Generated<number>;
  unmatched_junit: Generated<number>;
  /** What the import under way imports; another value means that it must begin again. */
  progress_key: string | null;
  /** Rows of the import under way; -1 while what an earlier one left is being removed. */
  rows_written: Generated<number>;
}

interface ResultsTable {
  id: Generated<number>;
  job_id: number;
  topology: string;
  file_path: string;
  class_name: string;
  test_name: string;
  occurrence: Generated<number>;
  status: string;
  setup_ip: string | null;
  order_index: number;
  duration: number | null;
  was_rerun: Flag;
  rerun_still_failed: Flag;
  failure_message: string | null;
  priority: Generated<string>;
  is_removed: Flag;
  testcase_module: string | null;
}

interface ImportsTable {
  id: Generated<number>;
  job_id: number;
  step: Step;
  started_at: string;
  finished_at: string | null;
  parsed: Generated<number>;
  written: Generated<number>;
  bytes: Generated<number>;
  memory_peak_mb: Generated<number>;
  error: string | null;
}
