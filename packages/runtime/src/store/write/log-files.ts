import { basename } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { integer, text } from "../codec.ts";

/** The log files that attempts point to, and how many attempts point to each; so that pruning knows without searching which file nobody needs. */
export interface LogFiles {
  /** Number of the file; counts one more attempt. */
  use(path: string): number;
  /** Counts one attempt less. */
  drop(id: number): void;
  /** Forgets the files that no attempt points to any more, at most so many, and names them; not those that a worker still writes, to which more attempts may come. */
  takeUnused(limit: number, inUse: readonly string[]): readonly string[];
  /** Of these files, by their base names, those that are not known. */
  strays(names: readonly string[]): readonly string[];
  flush(): void;
  reload(): void;
}

const REMEMBERED_MAX = 4096;

export function createLogFiles(database: DatabaseSync): LogFiles {
  const find = database.prepare("SELECT id FROM log_files WHERE path = ?");
  const insert = database.prepare("INSERT INTO log_files (path) VALUES (?)");
  const change = database.prepare("UPDATE log_files SET attempts = attempts + ? WHERE id = ?");
  const unused = database.prepare("SELECT id, path FROM log_files WHERE attempts = 0 LIMIT ?");
  const all = database.prepare("SELECT path FROM log_files");
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
    takeUnused(limit, inUse) {
      flush();
      const kept = new Set(inUse);
      const rows = unused.all(limit + kept.size).map((row) => ({ id: integer(row["id"]), path: text(row["path"]) }));
      const taken = rows.filter(({ path }) => !kept.has(path)).slice(0, limit);
      for (const { id } of taken) remove.run(id);
      ids.clear();
      return taken.map(({ path }) => path);
    },
    strays(names) {
      const unknown = new Set(names);
      for (const row of all.iterate()) unknown.delete(basename(text(row["path"])));
      return [...unknown];
    },
    flush,
    reload() {
      ids.clear();
      changes.clear();
    },
  };
}
