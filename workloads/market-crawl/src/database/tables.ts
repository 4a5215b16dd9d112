import type { ColumnType } from "kysely";

type Default<Value> = ColumnType<Value, Value | undefined>;

/** Flags are 0 and 1, times RFC 3339 in UTC, days ISO. */
export interface MarketsTable {
  id: string;
  external_id: string;
  name: string;
  municipality: string | null;
  category: string;
  start_date: string;
  end_date: string;
  address: string | null;
  city: string | null;
  postal_code: string | null;
  latitude: number | null;
  longitude: number | null;
  description: string | null;
  organizer_name: string | null;
  organizer_phone: string | null;
  organizer_email: string | null;
  organizer_website: string | null;
  opening_hours: string | null;
  entry_fee: number | null;
  stall_count: number | null;
  has_food: number;
  has_parking: number;
  has_toilets: number;
  has_wifi: number;
  is_indoor: number;
  is_outdoor: number;
  special_features: string | null;
  source_url: string | null;
  /** JSON, one key per source. */
  metadata: string;
  scraped_at: string;
  created_at: string;
  updated_at: string;
}

export interface Tables {
  markets: MarketsTable;
  runs: {
    id: string;
    trigger: string;
    status: string;
    requested_at: string;
    started_at: string | null;
    finished_at: string | null;
    exit_code: number | null;
    error: string | null;
    /** Names, joined by commas. */
    sources: string;
    owner: string;
    /** The runtime's job. */
    job_id: string | null;
    heartbeat_at: string;
    cancel_requested: Default<number>;
  };
  run_sources: {
    run_id: string;
    source: string;
    pages: Default<number>;
    processed: Default<number>;
    created: Default<number>;
    updated: Default<number>;
    unchanged: Default<number>;
    failed: Default<number>;
    skipped: Default<number>;
    /** JSON: where to go on. */
    checkpoint: string;
  };
  run_failures: { run_id: string; source: string; external_id: string | null; stage: string; error: string };
  /** What a run has fetched, for as long as it may go on: never fetched twice. */
  run_fetches: { run_id: string; url: string; final_url: string; status: number; body: string };
  /** The worker's last lines while it runs. */
  run_output: { run_id: string; first_line: number; lines: string };
  scraping_logs: {
    id: string;
    run_id: string;
    success: number;
    message: string;
    output: string;
    /** How many lines came before the first that is kept. */
    first_line: number;
    error_details: string | null;
    scraped_at: string;
    created_at: string;
  };
  /** Without coordinates: the geocoder knows no such place. */
  geocode_cache: { query: string; latitude: number | null; longitude: number | null; fetched_at: string };
}
