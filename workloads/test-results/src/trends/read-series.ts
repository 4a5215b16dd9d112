import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Status } from "../order/order-line.ts";
import { containsAny } from "../query/tests.ts";
import type { TrendFilter } from "./read-trends.ts";
import type { WindowJob } from "./window.ts";

export interface ResultRow {
  readonly topology: string;
  readonly file_path: string;
  readonly class_name: string;
  readonly test_name: string;
  readonly occurrence: number;
  readonly testcase_module: string | null;
  readonly status: Status;
  readonly priority: string;
}

export interface JobResult {
  readonly job: string;
  readonly row: ResultRow;
}

/** A page of SQLite's is read off its index. PostgreSQL has none in this order (names may be too long for one) and sorts a job for every page: there fewer of them cost less. */
const PAGE_ROWS = { sqlite: 1_000, postgres: 25_000 } as const;

/** The results of these jobs test by test, in the order of their names; of each test oldest first, as the jobs are. */
export async function* readSeries(database: Database, filter: TrendFilter, jobs: readonly WindowJob[]): AsyncGenerator<JobResult[]> {
  const open = await Promise.all(jobs.map(async ({ key, job }) => openCursor(job, readPages(database, filter, key))));
  for (;;) {
    const first = open.reduce<ResultRow | null>((least, { current }) => (least === null || (current !== null && compareNames(current, least) < 0) ? current : least), null);
    if (first === null) return;
    const results: JobResult[] = [];
    for (const cursor of open) {
      if (cursor.current === null || compareNames(cursor.current, first) !== 0) continue;
      results.push({ job: cursor.job, row: cursor.current });
      if (!cursor.step()) await cursor.turn();
    }
    yield results;
  }
}

interface Cursor {
  readonly job: string;
  /** null: there is nothing more. */
  current: ResultRow | null;
  /** To the next row of the page; false at its end. */
  step(): boolean;
  /** To the first row of the next page. */
  turn(): Promise<void>;
}

async function openCursor(job: string, pages: AsyncGenerator<ResultRow[]>): Promise<Cursor> {
  let page: readonly ResultRow[] = [];
  let place = 0;
  const cursor: Cursor = {
    job,
    current: null,
    step() {
      place += 1;
      cursor.current = page[place] ?? null;
      return cursor.current !== null;
    },
    async turn() {
      page = (await pages.next()).value ?? [];
      place = 0;
      cursor.current = page[0] ?? null;
    },
  };
  await cursor.turn();
  return cursor;
}

async function* readPages(database: Database, filter: TrendFilter, job: number): AsyncGenerator<ResultRow[]> {
  const size = PAGE_ROWS[database.kind];
  let last: ResultRow | null = null;
  for (;;) {
    const page: ResultRow[] = await readPage(database, filter, { job, last, size });
    if (page.length > 0) yield page;
    if (page.length < size) return;
    last = page.at(-1) ?? null;
  }
}

async function readPage(
  { read, dialect }: Database,
  filter: TrendFilter,
  { job, last, size }: { readonly job: number; readonly last: ResultRow | null; readonly size: number },
): Promise<ResultRow[]> {
  const name = sql`topology, file_path, class_name, test_name, occurrence`;
  const conditions = [
    sql`job_id = ${job}`,
    sql`is_removed = 0`,
    ...(last === null ? [] : [sql`(${name}) > (${last.topology}, ${last.file_path}, ${last.class_name}, ${last.test_name}, CAST(${last.occurrence} AS integer))`]),
    ...(filter.topology === null ? [] : [sql`topology = ${filter.topology}`]),
    ...(filter.testcaseModule === null ? [] : [sql`testcase_module = ${filter.testcaseModule}`]),
    ...(filter.search === null ? [] : [containsAny(dialect, ["test_name", "file_path"], filter.search)]),
  ];
  const { rows } = await sql<ResultRow>`
    SELECT ${name}, testcase_module, status, priority FROM test_results
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY ${name} LIMIT ${size}`.execute(read);
  return rows;
}

/** As both databases order them: by bytes, which for UTF-8 is by code points. */
function compareNames(a: ResultRow, b: ResultRow): number {
  return (
    compareText(a.topology, b.topology) ||
    compareText(a.file_path, b.file_path) ||
    compareText(a.class_name, b.class_name) ||
    compareText(a.test_name, b.test_name) ||
    a.occurrence - b.occurrence
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  // Where one ends, and where a pair of surrogates stands for one character beyond all others.
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}
