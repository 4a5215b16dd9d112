import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { JunitCase } from "../junit/case-rows.ts";
import type { OrderFileName } from "../order/order-file-name.ts";
import type { OrderResult } from "../order/order-line.ts";
import type { ResultRow } from "./result-row.ts";

/** A scratch database on disk: what merged mode has read so far, so that no file is ever held in memory. Used by one import, in its own process. */
export interface Staging {
  addOrderResults(results: readonly OrderResult[]): void;
  /** Folds the results of the file just read into its topology. */
  applyOrderFile(name: OrderFileName): void;
  /** After all order files: what the case says about a test that those know. Answers whether they do. */
  addCase(topology: string, found: JunitCase): boolean;
  mergedRows(): Iterable<ResultRow>;
  close(): void;
}

const TABLES = `
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = FILE; PRAGMA cache_size = -8000;
CREATE TABLE file_results (
  file TEXT, class TEXT, test TEXT, place INTEGER, status TEXT, ip TEXT,
  PRIMARY KEY (file, class, test)
) WITHOUT ROWID;
CREATE TABLE merged (
  topology TEXT, file TEXT, class TEXT, test TEXT, place INTEGER, status TEXT, ip TEXT, rerun INTEGER, still_failed INTEGER, duration REAL, message TEXT
);
CREATE UNIQUE INDEX merged_by_key ON merged (topology, file, class, test);
CREATE INDEX merged_in_order ON merged (topology, place, file, class, test);
BEGIN;
`;

// Within one file the last line of a key wins and keeps the first place.
const ADD_ORDER = `
INSERT INTO file_results (file, class, test, place, status, ip) VALUES (?, ?, ?, ?, ?, ?)
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

// The last case speaks, but never takes a message away.
const ADD_CASE = "UPDATE merged SET duration = ?, message = coalesce(?, message) WHERE topology = ? AND file = ? AND class = ? AND test = ?";

const MERGED_ROWS = "SELECT * FROM merged ORDER BY topology, place, file, class, test";

export function openStaging(path: string): Staging {
  const scratch = new DatabaseSync(path);
  scratch.exec(TABLES);
  const addOrder = scratch.prepare(ADD_ORDER);
  const addCase = scratch.prepare(ADD_CASE);
  let placesUsed = 0;
  return {
    addOrderResults(results) {
      for (const { file, className, test, status, setupIp } of results) {
        addOrder.run(file, className, test, placesUsed, status, setupIp);
        placesUsed += 1;
      }
    },
    applyOrderFile({ kind, topology }) {
      const next = scratch.prepare("SELECT coalesce(max(place) + 1, 0) AS next FROM merged WHERE topology = :topology").get({ topology })?.["next"] ?? 0;
      const rerun = kind === "rerun" ? 1 : 0;
      scratch.prepare(OVERWRITE).run({ topology, rerun });
      scratch.prepare(APPEND).run({ topology, rerun, next });
      scratch.exec("DELETE FROM file_results");
      placesUsed = 0;
    },
    addCase(topology, { file, className, name, durationSeconds, failureMessage }) {
      const lastPart = className.slice(className.lastIndexOf(".") + 1);
      return addCase.run(durationSeconds, failureMessage, topology, file, lastPart, name).changes > 0;
    },
    mergedRows: () => decodeRows(scratch.prepare(MERGED_ROWS)),
    close: () => scratch.close(),
  };
}

function* decodeRows(statement: StatementSync): Generator<ResultRow> {
  for (const row of statement.iterate()) {
    yield {
      topology: String(row["topology"]),
      file: String(row["file"]),
      className: String(row["class"]),
      name: String(row["test"]),
      status: String(row["status"]),
      setupIp: row["ip"] === null ? null : String(row["ip"]),
      orderIndex: Number(row["place"]),
      duration: row["duration"] === null ? null : Number(row["duration"]),
      wasRerun: row["rerun"] === 1,
      rerunStillFailed: row["still_failed"] === 1,
      failureMessage: row["message"] === null ? null : String(row["message"]),
    };
  }
}
