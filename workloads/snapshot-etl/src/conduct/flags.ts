import type { Database, Write } from "../database/open.ts";

/** Switches that outlive a restart, such as `ingest_paused`; the value says why. */
export async function readFlag(read: Database["read"], name: string): Promise<string | null> {
  return (await read.selectFrom("flags").select("value").where("name", "=", name).executeTakeFirst())?.value ?? null;
}

export async function setFlag(transaction: Write, name: string, value: string | null, now: string): Promise<void> {
  if (value === null) {
    await transaction.deleteFrom("flags").where("name", "=", name).execute();
    return;
  }
  await transaction
    .insertInto("flags")
    .values({ name, value, updated_at: now })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value, updated_at: now }))
    .execute();
}

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly now: string;
}

/** Who did what; written in the transaction of the deed. */
export async function audit(transaction: Write, { actor, action, target, details, now }: AuditEntry): Promise<void> {
  await transaction
    .insertInto("audit_logs")
    .values({ at: now, actor, action, target, details: JSON.stringify(details) })
    .execute();
}
