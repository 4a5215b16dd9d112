import type { DatabaseSync } from "node:sqlite";
import { integer } from "../codec.ts";

/** Budget and enforcement as one text: the same for nearly all attempts of a type, so it is stored once and pointed to. A handful for each type, never pruned. */
export interface Terms {
  /** Number of the text. */
  idOf(body: string): number;
  reload(): void;
}

const REMEMBERED_MAX = 1024;

export function createTerms(database: DatabaseSync): Terms {
  const find = database.prepare("SELECT id FROM terms WHERE body = ?");
  const insert = database.prepare("INSERT INTO terms (body) VALUES (?)");
  const ids = new Map<string, number>();
  return {
    idOf(body) {
      const known = ids.get(body);
      if (known !== undefined) return known;
      if (ids.size >= REMEMBERED_MAX) ids.clear();
      const row = find.get(body);
      const id = row === undefined ? Number(insert.run(body).lastInsertRowid) : integer(row["id"]);
      ids.set(body, id);
      return id;
    },
    reload: () => ids.clear(),
  };
}
