import type { Migration } from "workload-database";

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: "matches, their newest state, what was emitted, what waits",
    statements: ({ key, text }) => `
CREATE TABLE live_matches (
  match_key ${text} PRIMARY KEY,
  url ${text} NOT NULL UNIQUE,
  state ${text} NOT NULL CHECK (state IN ('live', 'ended', 'deleted')),
  misses INTEGER NOT NULL DEFAULT 0,
  last_known_state ${text},
  added_at ${text} NOT NULL,
  ended_at ${text}
);
CREATE TABLE cricket_data (
  url ${text} PRIMARY KEY,
  score ${text}, batting_team ${text}, over ${text}, crr ${text}, current_ball ${text}, fav_team ${text}, match_odds ${text},
  batsman_data ${text}, bowler_data ${text}, overs_data ${text}, result_texts ${text}, final_result_text ${text}, toss ${text}, scorecard ${text},
  seq INTEGER NOT NULL DEFAULT 0,
  updated_at ${text},
  polled_at ${text}
);
CREATE TABLE session_odds (
  url ${text} NOT NULL,
  over ${text} NOT NULL,
  back ${text} NOT NULL,
  lay ${text} NOT NULL,
  UNIQUE (url, over)
);
CREATE TABLE state_snapshots (
  match_key ${text} PRIMARY KEY,
  url ${text} NOT NULL,
  seq INTEGER NOT NULL,
  last_over ${text}, last_ball ${text}, last_score ${text}, last_wickets INTEGER,
  state ${text} NOT NULL,
  saved_at ${text} NOT NULL
);
CREATE TABLE emissions (
  match_key ${text} NOT NULL,
  seq INTEGER NOT NULL,
  group_name ${text} NOT NULL,
  payload ${text} NOT NULL,
  created_at ${text} NOT NULL,
  PRIMARY KEY (match_key, seq)
);
CREATE TABLE outbox (
  id ${key},
  url ${text} NOT NULL,
  group_name ${text} NOT NULL,
  critical INTEGER NOT NULL,
  payload ${text} NOT NULL,
  created_at ${text} NOT NULL
);
CREATE TABLE audit (
  id ${key},
  at ${text} NOT NULL,
  match_key ${text},
  action ${text} NOT NULL,
  reason ${text},
  details ${text}
);
CREATE INDEX audit_by_match ON audit (match_key, at)`,
  },
  {
    number: 2,
    name: "how much waits, without counting it",
    statements: () => `
CREATE TABLE outbox_totals (items INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO outbox_totals SELECT count(*), coalesce(sum(octet_length(payload)), 0) FROM outbox;
CREATE TRIGGER outbox_grows AFTER INSERT ON outbox BEGIN UPDATE outbox_totals SET items = items + 1, bytes = bytes + octet_length(NEW.payload); END;
CREATE TRIGGER outbox_shrinks AFTER DELETE ON outbox BEGIN UPDATE outbox_totals SET items = items - 1, bytes = bytes - octet_length(OLD.payload); END;
CREATE INDEX outbox_droppable ON outbox (id) WHERE critical = 0`,
  },
];
