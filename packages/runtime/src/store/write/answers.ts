import type { DatabaseSync } from "node:sqlite";
import type { IdempotencyEntry } from "../../model/index.ts";

/** Keeps the first answer that a key was given. */
export function createPutAnswer(database: DatabaseSync): (entry: IdempotencyEntry) => "stored" | "exists" {
  const insert = database.prepare("INSERT OR IGNORE INTO idempotency (key, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?)");
  return ({ key, requestHash, status, body, createdAtMs }) => (insert.run(key, requestHash, status, body, createdAtMs).changes === 0 ? "exists" : "stored");
}
