import type { DatabaseSync } from "node:sqlite";
import { integer, text } from "../codec.ts";

/** The log files that attempts point to, and how many attempts point to each; so that pruning knows without searching which file nobody needs. */
export interface LogFiles {
  /** Number of the file; counts one more attempt. */
  use(path: string): number;
  /** Counts one attempt less. */
  drop(id: number): void;
  /** Forgets the files that no attempt points to any more, at most so many, and names them. */
  takeUnused(limit: number): readonly string[];
  flush(): void;
  reload(): void;
}

const REMEMBERED_MAX = 4096;

export function createLogFiles(database: DatabaseSync): LogFiles {
  const find = database.prepare("SELECT id FROM log_files WHERE path = ?");
  const insert = database.prepare("INSERT INTO log_files (path) VALUES (?)");
  const change = database.prepare("UPDATE log_files SET attempts = attempts + ? WHERE id = ?");
  const unused = database.prepare("SELECT id, path FROM log_files WHERE attempts = 0 LIMIT ?");
  const remove = database.prepare("DELETE FROM log_files WHERE id = ?");
  const ids = new Map<string, number>();
  const changes = new Map<number, number>();

  const idOf = (path: string): number => {
    const known = ids.get(path);
    if (known !== undefined) return known;
    if (ids.size >= REMEMBERED_MAX) ids.clear();
    const row = find.get(path);
    const id = row === undefined ? Number(insert.run(path).lastInsertRowid) : integer(row["id"]);
    ids.set(path, id);
    return id;
  };
  const count = (id: number, by: number): void => {
    changes.set(id, (changes.get(id) ?? 0) + by);
  };
  const flush = (): void => {
    for (const [id, by] of changes) if (by !== 0) change.run(by, id);
    changes.clear();
  };

  return {
    use(path) {
      const id = idOf(path);
      count(id, 1);
      return id;
    },
    drop: (id) => count(id, -1),
    takeUnused(limit) {
      flush();
      const rows = unused.all(limit);
      for (const row of rows) remove.run(integer(row["id"]));
      ids.clear();
      return rows.map((row) => text(row["path"]));
    },
    flush,
    reload() {
      ids.clear();
      changes.clear();
    },
  };
}
