import type { Migration } from "workload-database";

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: "snapshots, entities, errors and the work to be done",
    statements: ({ key, bigint, bytes }) => `
CREATE TABLE users (id ${key}, namecode TEXT NOT NULL UNIQUE, username TEXT, discord_user_id TEXT, email TEXT, last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL);
CREATE TABLE hero_snapshots (
  id ${key}, user_id ${bigint} REFERENCES users(id), namecode TEXT, source TEXT NOT NULL, raw TEXT NOT NULL UNIQUE, size_bytes ${bigint} NOT NULL, content_hash TEXT NOT NULL,
  server_time TEXT, processing INTEGER NOT NULL DEFAULT 0, processing_started_at TEXT, claim_job TEXT, claim_token TEXT, claim_node TEXT, processed_at TEXT,
  result TEXT CHECK (result IN ('success', 'partial', 'failed')), attempts INTEGER NOT NULL DEFAULT 0, error_count INTEGER NOT NULL DEFAULT 0, last_error TEXT,
  duplicate_count INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL);
CREATE INDEX hero_snapshots_by_time ON hero_snapshots (created_at, id);
CREATE INDEX hero_snapshots_by_namecode ON hero_snapshots (namecode, created_at, id);
CREATE INDEX hero_snapshots_by_user ON hero_snapshots (user_id, created_at, id);
CREATE INDEX hero_snapshots_claimed ON hero_snapshots (processing_started_at) WHERE processing = 1;
CREATE TABLE snapshot_pieces (upload_id TEXT NOT NULL, piece INTEGER NOT NULL, bytes ${bytes} NOT NULL, PRIMARY KEY (upload_id, piece));
CREATE TABLE uploads (upload_id TEXT PRIMARY KEY, node TEXT NOT NULL, started_at TEXT NOT NULL);
CREATE TABLE recent_hashes (content_hash TEXT PRIMARY KEY, upload_id TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE TABLE idempotency_keys (key TEXT PRIMARY KEY, status INTEGER NOT NULL, answer TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE user_troops (
  user_id ${bigint} NOT NULL REFERENCES users(id), troop_id ${bigint} NOT NULL, amount ${bigint} NOT NULL, level ${bigint} NOT NULL DEFAULT 1, rarity ${bigint} NOT NULL,
  fusion_cards ${bigint} NOT NULL, traits_owned ${bigint} NOT NULL, extra TEXT NOT NULL, last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, PRIMARY KEY (user_id, troop_id));
CREATE INDEX user_troops_top ON user_troops (user_id, level DESC, amount DESC, troop_id);
CREATE TABLE user_pets (
  user_id ${bigint} NOT NULL REFERENCES users(id), pet_id ${bigint} NOT NULL, amount ${bigint} NOT NULL, level ${bigint} NOT NULL, xp ${bigint} NOT NULL, orb_fusion_cards ${bigint} NOT NULL,
  orbs_used ${bigint} NOT NULL, ascension_level ${bigint} NOT NULL, extra TEXT NOT NULL, last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, PRIMARY KEY (user_id, pet_id));
CREATE TABLE user_artifacts (
  user_id ${bigint} NOT NULL REFERENCES users(id), artifact_id ${bigint} NOT NULL, level ${bigint} NOT NULL, xp ${bigint} NOT NULL, extra TEXT NOT NULL, last_seen TEXT NOT NULL,
  snapshot_id ${bigint} NOT NULL, PRIMARY KEY (user_id, artifact_id));
CREATE TABLE user_teams (
  id ${key}, user_id ${bigint} NOT NULL REFERENCES users(id), slot INTEGER NOT NULL, name TEXT, banner ${bigint}, team_level ${bigint}, class TEXT, troops TEXT NOT NULL,
  last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, UNIQUE (user_id, slot));
CREATE TABLE team_troops (team_id ${bigint} NOT NULL REFERENCES user_teams(id) ON DELETE CASCADE, position INTEGER NOT NULL, troop_id ${bigint} NOT NULL, UNIQUE (team_id, position));
CREATE TABLE guilds (id ${key}, external_id ${bigint} NOT NULL UNIQUE, name TEXT, last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL);
CREATE TABLE guild_members (
  guild_id ${bigint} NOT NULL REFERENCES guilds(id), user_id ${bigint} NOT NULL REFERENCES users(id), rank ${bigint}, last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL,
  UNIQUE (guild_id, user_id));
CREATE TABLE user_profile_summary (
  user_id ${bigint} PRIMARY KEY REFERENCES users(id), namecode TEXT NOT NULL UNIQUE, username TEXT, level ${bigint}, top_troops TEXT NOT NULL, equipped_pet TEXT, equipped_pet_id ${bigint},
  pvp_tier ${bigint}, guild_id ${bigint} REFERENCES guilds(id), last_seen TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, cached_at TEXT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE catalog (kind TEXT NOT NULL, id ${bigint} NOT NULL, meta TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE etl_errors (
  snapshot_id ${bigint} NOT NULL, attempt INTEGER NOT NULL, entity TEXT NOT NULL, error_type TEXT NOT NULL, message TEXT NOT NULL, details TEXT NOT NULL,
  permanent INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX etl_errors_by_snapshot ON etl_errors (snapshot_id, attempt);
CREATE TABLE snapshot_quarantine (snapshot_id ${bigint} NOT NULL UNIQUE, reason TEXT NOT NULL, error_type TEXT, created_at TEXT NOT NULL, released_at TEXT);
CREATE TABLE dead_letters (id ${key}, job_id TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE work (
  snapshot_id ${bigint} PRIMARY KEY, type TEXT NOT NULL, priority INTEGER NOT NULL, attempt INTEGER NOT NULL, due_at TEXT NOT NULL, job_id TEXT UNIQUE, node TEXT, correlation_id TEXT,
  enqueued_at TEXT NOT NULL, backfill_id TEXT, outcome TEXT);
CREATE INDEX work_by_backfill ON work (backfill_id);
CREATE TABLE nodes (node TEXT PRIMARY KEY, seen_at TEXT NOT NULL);
CREATE TABLE backfill_jobs (
  job_id TEXT PRIMARY KEY, owner TEXT NOT NULL, from_ts TEXT NOT NULL, to_ts TEXT NOT NULL, batch_size INTEGER NOT NULL, concurrency INTEGER NOT NULL, canary INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'paused', 'failed', 'done')), pause_reason TEXT, processed_count INTEGER NOT NULL, error_count INTEGER NOT NULL,
  last_checkpoint TEXT, node TEXT, created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT);
CREATE TABLE backfill_items (job_id TEXT NOT NULL, snapshot_id ${bigint} NOT NULL, outcome TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (job_id, snapshot_id));
CREATE INDEX backfill_items_by_place ON backfill_items (job_id, place);
CREATE TABLE archives (snapshot_id ${bigint} PRIMARY KEY, path TEXT NOT NULL, checksum TEXT NOT NULL, original_size ${bigint} NOT NULL, archived_at TEXT NOT NULL);
CREATE TABLE audit_logs (id ${key}, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE flags (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL)`,
  },
  {
    number: 2,
    name: "a resumed backfill is judged by what comes after",
    statements: () => "ALTER TABLE backfill_jobs ADD COLUMN judged_from INTEGER NOT NULL DEFAULT 0",
  },
];
