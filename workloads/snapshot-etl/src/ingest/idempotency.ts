import type { Database, Write } from "../database/open.ts";

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether it was given before, to the same key. */
  readonly replayed: boolean;
}

export async function readAnswer(read: Database["read"], key: string): Promise<Answer | null> {
  const row = await read.selectFrom("idempotency_keys").select(["status", "answer"]).where("key", "=", key).executeTakeFirst();
  if (row === undefined) return null;
  const body: unknown = JSON.parse(row.answer);
  return { status: row.status, body: { ...(typeof body === "object" ? body : {}) }, replayed: true };
}

/** In the transaction of the work itself: the answer is known exactly when the work is done. A second node with the same key fails here. */
export async function storeAnswer(transaction: Write, key: string, { status, body }: Answer, now: string): Promise<void> {
  await transaction
    .insertInto("idempotency_keys")
    .values({ key, status, answer: JSON.stringify(body), created_at: now })
    .execute();
}
