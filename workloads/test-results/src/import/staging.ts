import { DatabaseSync } from "node:sqlite";
import type { JunitCase } from "../junit/case-rows.ts";
import type { OrderFileName } from "../order/order-file-name.ts";
import type { OrderResult } from "../order/order-line.ts";

/** A row as it goes into `test_results`. */
export interface ResultRow {
  readonly topology: string;
  readonly file: string;
  readonly className: string;
  readonly name: string;
  readonly occurrence: number;
  readonly status: string;
  readonly setupIp: string | null;
  readonly orderIndex: number;
  readonly duration: number | null;
  readonly wasRerun: number;
  readonly rerunStillFailed: number;
  readonly failureMessage: string | null;
}

/** A scratch database on disk: what one import has read so far, so that no report is ever held in memory. */
export interface Staging {
  addOrderResults(results: readonly OrderResult[]): void;
  /** Folds the results of the file just read into its topology. */
  applyOrderFile(name: OrderFileName): void;
  addCases(topology: string, cases: readonly JunitCase[]): void;
  /** Joins what the reports say to the merged rows; answers how many cases no order file knows. */
  matchCases(): number;
  /** Numbers equal keys in the order in which they came. */
  numberOccurrences(): void;
  mergedRows(skip: number): Iterable<ResultRow>;
  caseRows(skip: number): Iterable<ResultRow>;
  close(): void;
}

const TABLES = `
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -8000;
CREATE TABLE file_results (
  file TEXT, class TEXT, test TEXT, place INTEGER, status TEXT, ip TEXT,
  PRIMARY KEY (file, class, test)
) WITHOUT ROWID;
CREATE TABLE merged (
  topology TEXT, file TEXT, class TEXT, test TEXT, place INTEGER, status TEXT, ip TEXT, rerun INTEGER, still_failed INTEGER,
  PRIMARY KEY (topology, file, class, test)
) WITHOUT ROWID;
CREATE INDEX merged_in_order ON merged (topology, place, file, class, test);
CREATE TABLE cases (
  seq INTEGER PRIMARY KEY, topology TEXT, file TEXT, class TEXT, class_end TEXT, name TEXT, status TEXT, duration REAL, rerun INTEGER, still_failed INTEGER, message TEXT
);
CREATE TABLE occurrences (seq INTEGER PRIMARY KEY, occurrence INTEGER);
CREATE TABLE matches (topology TEXT, file TEXT, class TEXT, test TEXT, seq INTEGER, message_seq INTEGER, PRIMARY KEY (topology, file, class, test)) WITHOUT ROWID;
`;

// Within one file the last line of a key wins and keeps the first place.
const ADD_ORDER = `
INSERT INTO file_results (file, class, test, place, status, ip)
SELECT value ->> 0, value ->> 1, value ->> 2, :base + key, value ->> 3, value ->> 4 FROM json_each(:rows) WHERE true
ON CONFLICT DO UPDATE SET status = excluded.status, ip = excluded.ip`;

const OVERWRITE = `
UPDATE merged SET status = f.status, ip = f.ip, rerun = max(merged.rerun, :rerun), still_failed = CASE WHEN :rerun = 1 AND f.status = 'FAILED' THEN 1 ELSE 0 END
FROM file_results f WHERE merged.topology = :topology AND merged.file = f.file AND merged.class = f.class AND merged.test = f.test`;

// The first file of a topology keeps its own numbers; what only a later one knows follows after the last.
const APPEND = `
INSERT INTO merged (topology, file, class, test, place, status, ip, rerun, still_failed)
SELECT :topology, f.file, f.class, f.test, CASE WHEN :next = 0 THEN f.place ELSE :next - 1 + row_number() OVER (ORDER BY f.place) END,
  f.status, f.ip, :rerun, CASE WHEN :rerun = 1 AND f.status = 'FAILED' THEN 1 ELSE 0 END
FROM file_results f
WHERE NOT EXISTS (SELECT 1 FROM merged m WHERE m.topology = :topology AND m.file = f.file AND m.class = f.class AND m.test = f.test)`;

const ADD_CASES = `
INSERT INTO cases (topology, file, class, class_end, name, status, duration, rerun, still_failed, message)
SELECT :topology, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8 FROM json_each(:rows)`;

const MATCH = `
INSERT INTO matches (topology, file, class, test, seq, message_seq)
SELECT topology, file, class_end, name, max(seq), max(CASE WHEN message IS NOT NULL THEN seq END) FROM cases GROUP BY 1, 2, 3, 4`;

const UNMATCHED = `
SELECT count(*) AS count FROM cases c
WHERE NOT EXISTS (SELECT 1 FROM merged m WHERE m.topology = c.topology AND m.file = c.file AND m.class = c.class_end AND m.test = c.name)`;

const NUMBER = `
INSERT INTO occurrences (seq, occurrence)
SELECT seq, row_number() OVER (PARTITION BY topology, file, class, name ORDER BY seq) FROM cases`;

const MERGED_ROWS = `
SELECT m.topology, m.file, m.class, m.test AS name, 1 AS occurrence, m.status, m.ip, m.place, (SELECT duration FROM cases WHERE seq = x.seq) AS duration,
  m.rerun, m.still_failed, (SELECT message FROM cases WHERE seq = x.message_seq) AS message
FROM merged m LEFT JOIN matches x ON x.topology = m.topology AND x.file = m.file AND x.class = m.class AND x.test = m.test
ORDER BY m.topology, m.place, m.file, m.class, m.test LIMIT -1 OFFSET :skip`;

const CASE_ROWS = `
SELECT c.topology, c.file, c.class, c.name, o.occurrence, c.status, NULL AS ip, c.seq - 1 AS place, c.duration, c.rerun, c.still_failed, c.message
FROM cases c JOIN occurrences o ON o.seq = c.seq WHERE c.seq > :skip ORDER BY c.seq`;

export function openStaging(path: string): Staging {
  const scratch = new DatabaseSync(path);
  scratch.exec(TABLES);
  const addOrder = scratch.prepare(ADD_ORDER);
  const addCases = scratch.prepare(ADD_CASES);
  let placesUsed = 0;
  return {
    addOrderResults(results) {
      addOrder.run({ base: placesUsed, rows: JSON.stringify(results.map((result) => [result.file, result.className, result.test, result.status, result.setupIp])) });
      placesUsed += results.length;
    },
    applyOrderFile({ kind, topology }) {
      const next = scratch.prepare("SELECT coalesce(max(place) + 1, 0) AS next FROM merged WHERE topology = :topology").get({ topology })?.["next"] ?? 0;
      const rerun = kind === "rerun" ? 1 : 0;
      scratch.prepare(OVERWRITE).run({ topology, rerun });
      scratch.prepare(APPEND).run({ topology, rerun, next });
      scratch.exec("DELETE FROM file_results");
      placesUsed = 0;
    },
    addCases(topology, cases) {
      const rows = cases.map((each) => [
        each.file,
        each.className,
        each.className.slice(each.className.lastIndexOf(".") + 1),
        each.name,
        each.status,
        each.durationSeconds,
        Number(each.wasRerun),
        Number(each.rerunStillFailed),
        each.failureMessage,
      ]);
      addCases.run({ topology, rows: JSON.stringify(rows) });
    },
    matchCases() {
      scratch.exec(MATCH);
      return Number(scratch.prepare(UNMATCHED).get()?.["count"] ?? 0);
    },
    numberOccurrences: () => scratch.exec(NUMBER),
    mergedRows: (skip) => decodeRows(scratch, MERGED_ROWS, skip),
    caseRows: (skip) => decodeRows(scratch, CASE_ROWS, skip),
    close: () => scratch.close(),
  };
}

function* decodeRows(scratch: DatabaseSync, sql: string, skip: number): Generator<ResultRow> {
  for (const row of scratch.prepare(sql).iterate({ skip })) {
    yield {
      topology: String(row["topology"]),
      file: String(row["file"]),
      className: String(row["class"]),
      name: String(row["name"]),
      occurrence: Number(row["occurrence"]),
      status: String(row["status"]),
      setupIp: row["ip"] === null ? null : String(row["ip"]),
      orderIndex: Number(row["place"]),
      duration: row["duration"] === null ? null : Number(row["duration"]),
      wasRerun: Number(row["rerun"]),
      rerunStillFailed: Number(row["still_failed"]),
      failureMessage: row["message"] === null ? null : String(row["message"]),
    };
  }
}
