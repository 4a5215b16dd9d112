import { sql, type Kysely, type Transaction } from "kysely";
import { DatabaseError } from "./errors.ts";
import type { ColumnWords, Dialect } from "./dialect.ts";

/** One step of a schema. Once released it is never changed; what is wrong is put right by the next one. */
export interface Migration {
  /** 1, 2, 3 … without a gap. */
  readonly number: number;
  readonly name: string;
  /** Statements separated by ";\n". The words are where the dialects differ. */
  readonly statements: (words: ColumnWords) => string;
}

interface MigrationTables {
  applied_migrations: { application: string; number: number; name: string; applied_at: string };
}

export interface MigrationPlan {
  /** Whose migrations these are: several applications may share a database. */
  readonly application: string;
  readonly migrations: readonly Migration[];
  readonly dialect: Dialect;
  /** Where, for messages. */
  readonly place: string;
}

/**
 * Applies what is missing, under a lock, in one transaction: two processes that start at once apply it once.
 * @throws DatabaseError `newer_schema` when a newer version of the application was here; nothing is changed then.
 */
export async function migrate(transaction: Transaction<unknown>, plan: MigrationPlan): Promise<void> {
  assertNumbered(plan.migrations);
  const tables = transaction as unknown as Kysely<MigrationTables>;
  await lock(transaction, plan);
  await sql`CREATE TABLE IF NOT EXISTS applied_migrations (application TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, applied_at TEXT NOT NULL, PRIMARY KEY (application, number))`.execute(
    transaction,
  );
  const applied = await tables.selectFrom("applied_migrations").select("number").where("application", "=", plan.application).orderBy("number").execute();
  const last = applied.at(-1)?.number ?? 0;
  const known = plan.migrations.at(-1)?.number ?? 0;
  if (last > known)
    throw new DatabaseError("newer_schema", `${plan.place} was written by a newer version of ${plan.application} (schema ${last}, known ${known}); it is left as it is`, {
      hint: "Start the newer version, or give this one another database.",
    });
  for (const migration of plan.migrations.slice(last)) {
    for (const statement of migration.statements(plan.dialect.columns).split(";\n")) if (statement.trim() !== "") await sql.raw(statement).execute(transaction);
    await tables
      .insertInto("applied_migrations")
      .values({ application: plan.application, number: migration.number, name: migration.name, applied_at: plan.dialect.now() as unknown as string })
      .execute();
  }
}

/** SQLite's transactions are exclusive from their beginning. */
async function lock(transaction: Transaction<unknown>, { dialect, application }: MigrationPlan): Promise<void> {
  if (dialect.kind === "sqlite") return;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`migrations of ${application}`}, 0))`.execute(transaction);
  await sql`CREATE SCHEMA IF NOT EXISTS ${sql.id(application)}`.execute(transaction);
}

function assertNumbered(migrations: readonly Migration[]): void {
  for (const [index, { number, name }] of migrations.entries()) if (number !== index + 1) throw new TypeError(`migration ${name} has the number ${number}, not ${index + 1}`);
}
