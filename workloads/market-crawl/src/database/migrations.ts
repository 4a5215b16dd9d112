import type { ColumnWords, Migration } from "workload-database";

function tables({ text, real, bigint }: ColumnWords): string {
  return `
CREATE TABLE markets (
  id ${text} PRIMARY KEY,
  external_id ${text} NOT NULL UNIQUE,
  name ${text} NOT NULL,
  municipality ${text},
  category ${text} NOT NULL DEFAULT 'Loppemarked',
  start_date ${text} NOT NULL,
  end_date ${text} NOT NULL,
  address ${text},
  city ${text},
  postal_code ${text},
  latitude ${real},
  longitude ${real},
  description ${text},
  organizer_name ${text},
  organizer_phone ${text},
  organizer_email ${text},
  organizer_website ${text},
  opening_hours ${text},
  entry_fee ${real},
  stall_count INTEGER,
  has_food INTEGER NOT NULL DEFAULT 0,
  has_parking INTEGER NOT NULL DEFAULT 0,
  has_toilets INTEGER NOT NULL DEFAULT 0,
  has_wifi INTEGER NOT NULL DEFAULT 0,
  is_indoor INTEGER NOT NULL DEFAULT 0,
  is_outdoor INTEGER NOT NULL DEFAULT 1,
  special_features ${text},
  source_url ${text},
  metadata ${text} NOT NULL DEFAULT '{}',
  scraped_at ${text} NOT NULL,
  created_at ${text} NOT NULL,
  updated_at ${text} NOT NULL
);
CREATE INDEX markets_by_start_date ON markets (start_date);
CREATE INDEX markets_by_end_date ON markets (end_date);
CREATE INDEX markets_by_municipality ON markets (municipality);
CREATE INDEX markets_by_place ON markets (latitude, longitude);
CREATE TABLE runs (
  id ${text} PRIMARY KEY,
  trigger ${text} NOT NULL CHECK (trigger IN ('api', 'schedule', 'cli', 'resume')),
  status ${text} NOT NULL CHECK (status IN ('queued', 'running', 'success', 'partial', 'failed', 'cancelled', 'interrupted')),
  requested_at ${text} NOT NULL,
  started_at ${text},
  finished_at ${text},
  exit_code INTEGER,
  error ${text},
  sources ${text} NOT NULL,
  owner ${text} NOT NULL,
  job_id ${text},
  heartbeat_at ${text} NOT NULL,
  cancel_requested INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_active_run ON runs ((status IN ('queued', 'running'))) WHERE status IN ('queued', 'running');
CREATE INDEX runs_by_request ON runs (requested_at);
CREATE TABLE run_sources (
  run_id ${text} NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  source ${text} NOT NULL,
  pages INTEGER NOT NULL DEFAULT 0,
  processed INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  checkpoint ${text} NOT NULL,
  PRIMARY KEY (run_id, source)
);
CREATE TABLE run_failures (
  run_id ${text} NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  source ${text} NOT NULL,
  external_id ${text},
  stage ${text} NOT NULL,
  error ${text} NOT NULL
);
CREATE INDEX run_failures_by_run ON run_failures (run_id);
CREATE TABLE run_fetches (
  run_id ${text} NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  url ${text} NOT NULL,
  final_url ${text} NOT NULL,
  status INTEGER NOT NULL,
  body ${text} NOT NULL,
  PRIMARY KEY (run_id, url)
);
CREATE TABLE run_output (
  run_id ${text} PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  first_line ${bigint} NOT NULL,
  lines ${text} NOT NULL
);
CREATE TABLE scraping_logs (
  id ${text} PRIMARY KEY,
  run_id ${text} NOT NULL UNIQUE REFERENCES runs(id) ON DELETE CASCADE,
  success INTEGER NOT NULL,
  message ${text} NOT NULL,
  output ${text} NOT NULL,
  first_line ${bigint} NOT NULL DEFAULT 0,
  error_details ${text},
  scraped_at ${text} NOT NULL,
  created_at ${text} NOT NULL
);
CREATE TABLE geocode_cache (
  query ${text} PRIMARY KEY,
  latitude ${real},
  longitude ${real},
  fetched_at ${text} NOT NULL
)`;
}

export const MIGRATIONS: readonly Migration[] = [{ number: 1, name: "markets and runs", statements: tables }];
