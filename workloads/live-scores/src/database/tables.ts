import type { Generated } from "kysely";
import type { Group } from "../emit/groups.ts";

export type MatchLife = "live" | "ended" | "deleted";

/** The tables as queries see them; migrations.ts makes them. Times are RFC 3339 text, flags 0 and 1. */
export interface Tables {
  live_matches: {
    match_key: string;
    url: string;
    state: MatchLife;
    misses: number;
    last_known_state: string | null;
    added_at: string;
    ended_at: string | null;
  };
  cricket_data: CricketDataTable;
  session_odds: { url: string; over: string; back: string; lay: string };
  state_snapshots: {
    match_key: string;
    url: string;
    seq: number;
    last_over: string | null;
    last_ball: string | null;
    last_score: string | null;
    last_wickets: number | null;
    state: string;
    saved_at: string;
  };
  /** What was emitted, the newest of each match: what a reader that was cut off goes on with. */
  emissions: { match_key: string; seq: number; group_name: Group; payload: string; created_at: string };
  outbox: { id: Generated<number>; url: string; group_name: Group; critical: number; payload: string; created_at: string };
  /** How much waits in the outbox: one row, kept by the database itself. */
  outbox_totals: { items: number; bytes: number };
  audit: { id: Generated<number>; at: string; match_key: string | null; action: string; reason: string | null; details: string | null };
}

export interface CricketDataTable {
  url: string;
  score: string | null;
  batting_team: string | null;
  over: string | null;
  crr: string | null;
  current_ball: string | null;
  fav_team: string | null;
  match_odds: string | null;
  batsman_data: string | null;
  bowler_data: string | null;
  overs_data: string | null;
  result_texts: string | null;
  final_result_text: string | null;
  toss: string | null;
  scorecard: string | null;
  seq: number;
  updated_at: string | null;
  polled_at: string | null;
}
