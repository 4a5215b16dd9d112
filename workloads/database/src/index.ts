// workload-database: one typed SQL layer for the workloads, on SQLite (node:sqlite, in threads of its own) and on PostgreSQL.
// Owns: connections, transactions, migrations, the words in which the two dialects differ, the classes of errors. Never: a table of a workload.
// In: a path or an address, numbered migrations, queries of kysely. Out: rows.
export { openDatabase, type OpenOptions } from "./open-database.ts";
export type { Database, DatabaseKind, Queries, Write, WriteOptions, WriteStatement } from "./database.ts";
export { classifyDatabaseError, DatabaseError, isContention, type DatabaseErrorCode, type ErrorClass } from "./errors.ts";
export type { Migration } from "./migrations.ts";
export { dialectOf, type ColumnWords, type Dialect } from "./dialect.ts";
export { insertColumns } from "./insert-columns.ts";
export { insertRows, type RowBatch } from "./insert-rows.ts";
export { packColumns, type ColumnBatch, type ColumnType, type PackedBatch, type RowConflict, type SqlValue } from "./packed-batch.ts";
