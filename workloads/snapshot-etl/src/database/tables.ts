import type { ColumnType, Generated } from "kysely";

/** Times are RFC 3339 text in UTC, flags are 0 and 1, JSON is text. */
export interface Tables {
  users: UsersTable;
  hero_snapshots: HeroSnapshotsTable;
  snapshot_pieces: { upload_id: string; piece: number; bytes: Uint8Array };
  uploads: { upload_id: string; node: string; started_at: string };
  recent_hashes: { content_hash: string; upload_id: string; received_at: string };
  idempotency_keys: { key: string; status: number; answer: string; created_at: string };
  user_troops: ItemTable & { troop_id: number; amount: number; rarity: number; fusion_cards: number; traits_owned: number };
  user_pets: ItemTable & { pet_id: number; amount: number; xp: number; orb_fusion_cards: number; orbs_used: number; ascension_level: number };
  user_artifacts: ItemTable & { artifact_id: number; xp: number };
  user_teams: UserTeamsTable;
  team_troops: { team_id: number; position: number; troop_id: number };
  guilds: { id: Generated<number>; external_id: number; name: string | null; last_seen: string; snapshot_id: number };
  guild_members: { guild_id: number; user_id: number; rank: number | null; last_seen: string; snapshot_id: number };
  user_profile_summary: SummaryTable;
  catalog: { kind: string; id: number; meta: string };
  etl_errors: EtlErrorsTable;
  snapshot_quarantine: { snapshot_id: number; reason: string; error_type: string | null; created_at: string; released_at: string | null };
  dead_letters: { id: Generated<number>; job_id: string; snapshot_id: number; type: string; payload: string; reason: string; created_at: string };
  work: WorkTable;
  nodes: { node: string; seen_at: string };
  backfill_jobs: BackfillTable;
  backfill_items: { job_id: string; snapshot_id: number; outcome: string; place: number };
  archives: { snapshot_id: number; path: string; checksum: string; original_size: number; archived_at: string };
  audit_logs: { id: Generated<number>; at: string; actor: string; action: string; target: string; details: string };
  flags: { name: string; value: string; updated_at: string };
}

interface UsersTable extends Seen {
  id: Generated<number>;
  namecode: string;
  username: string | null;
  discord_user_id: string | null;
  email: string | null;
}

/** Which snapshot wrote the row: an older one never overwrites it. */
interface Seen {
  last_seen: string;
  snapshot_id: number;
}

interface ItemTable extends Seen {
  user_id: number;
  level: number;
  extra: string;
}

interface HeroSnapshotsTable {
  id: Generated<number>;
  user_id: number | null;
  namecode: string | null;
  source: string;
  /** Id of the upload whose pieces are the payload. */
  raw: string;
  size_bytes: number;
  content_hash: string;
  server_time: string | null;
  processing: ColumnType<number, number | undefined, number>;
  processing_started_at: string | null;
  claim_job: string | null;
  claim_token: string | null;
  claim_node: string | null;
  processed_at: string | null;
  result: string | null;
  /** How often it was taken up; numbers its errors. */
  attempts: ColumnType<number, number | undefined, number>;
  error_count: ColumnType<number, number | undefined, number>;
  last_error: string | null;
  duplicate_count: ColumnType<number, number | undefined, number>;
  created_at: string;
}

interface UserTeamsTable extends Seen {
  id: Generated<number>;
  user_id: number;
  slot: number;
  name: string | null;
  banner: number | null;
  team_level: number | null;
  class: string | null;
  troops: string;
}

interface SummaryTable {
  user_id: number;
  namecode: string;
  username: string | null;
  level: number | null;
  top_troops: string;
  equipped_pet: string | null;
  equipped_pet_id: number | null;
  pvp_tier: number | null;
  guild_id: number | null;
  last_seen: string;
  snapshot_id: number;
  cached_at: string;
  extra: string;
}

interface EtlErrorsTable {
  snapshot_id: number;
  attempt: number;
  entity: string;
  error_type: string;
  message: string;
  details: string;
  permanent: number;
  created_at: string;
}

/** What is still to be done with a snapshot; the runtime's queue is derived from it and can be lost. */
interface WorkTable {
  snapshot_id: number;
  type: string;
  priority: number;
  /** Failed attempts so far. */
  attempt: number;
  due_at: string;
  /** The runtime's job; null while there is none. */
  job_id: string | null;
  /** Whose runtime has the job; null when nobody has taken it up. */
  node: string | null;
  correlation_id: string | null;
  enqueued_at: string;
  backfill_id: string | null;
  /** Written with the last rows; the row goes when its end has been counted. */
  outcome: string | null;
}

interface BackfillTable {
  job_id: string;
  owner: string;
  from_ts: string;
  to_ts: string;
  batch_size: number;
  concurrency: number;
  /** The first so many run one at a time, and none of them may fail. */
  canary: number;
  status: string;
  pause_reason: string | null;
  processed_count: number;
  error_count: number;
  /** `processed_count` at the last resume: what failed before is no reason to pause again. */
  judged_from: Generated<number>;
  last_checkpoint: string | null;
  node: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}
