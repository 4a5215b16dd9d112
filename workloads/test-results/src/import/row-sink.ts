import { createOccurrenceCounter } from "./occurrences.ts";
import { passRateOf } from "./job-record.ts";
import type { Statistics } from "./request.ts";
import type { ResultRow } from "./result-row.ts";
import { prepareBatch, writeBatch, writeLastBatch, type Finish, type WritableBatch, type WriterTools } from "./result-writer.ts";

/** Takes a job's rows in order and writes them in batches; one batch is being written while the next one gathers. */
export interface RowSink {
  add(row: ResultRow): void;
  /** Whether a batch is full: then `flush` is due before more is added. */
  isFull(): boolean;
  /** Hands the batch over; resolves when the one before is on disk. */
  flush(): Promise<void>;
  /** The last batch, with statistics and state. */
  finish(finish: Omit<Finish, "statistics" | "state"> & { readonly isPartial: boolean }): Promise<Statistics & { readonly state: Finish["state"] }>;
  /** Waits for the batch under way, whatever becomes of it. */
  settle(): Promise<void>;
}

export interface RowSinkOptions {
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** After each batch that is on disk, with the rows of the job that are there now. */
  readonly onWritten: (written: number) => Promise<void>;
}

/** A batch is also full when its messages are: 2,500 long ones would not fit the budget. */
const BATCH_CHARS_MAX = 4 * 1024 * 1024;

export function createRowSink(tools: WriterTools, options: RowSinkOptions): RowSink {
  const counter = createOccurrenceCounter();
  const counts = { PASSED: 0, FAILED: 0, SKIPPED: 0 };
  let gathered: ResultRow[] = [];
  let chars = 0;
  let seen = 0;
  /** Rows that an import before this one has written; they come by again and are counted only. */
  let toSkip = tools.started.written;
  let written = tools.started.written;
  let underWay: Promise<void> = Promise.resolve();

  function isFull(): boolean {
    return gathered.length >= options.batchSize || chars >= BATCH_CHARS_MAX;
  }

  /** Takes one batch off what has gathered. */
  function take(): WritableBatch {
    const count = fitting(gathered, options.batchSize);
    const rows = gathered.slice(0, count);
    gathered = gathered.slice(count);
    chars = gathered.reduce((sum, row) => sum + charsOf(row), 0);
    const skipped = Math.min(toSkip, rows.length);
    toSkip -= skipped;
    // What is in the database already is noted first, on its own: where its keys come again they are looked for there.
    if (skipped > 0) counter.note(rows.slice(0, skipped));
    return prepareBatch(tools, counter.note(skipped === 0 ? rows : rows.slice(skipped)));
  }

  async function write(batch: WritableBatch): Promise<void> {
    if (batch.noted.rows.length === 0) return;
    await writeBatch(tools, batch);
    written += batch.noted.rows.length;
    await options.onWritten(written);
  }

  async function flush(): Promise<void> {
    while (isFull()) {
      const batch = take();
      await underWay;
      options.signal.throwIfAborted();
      underWay = write(batch);
      // Whoever waits for it next is told; until then it is nobody's fault.
      underWay.catch(() => undefined);
    }
  }

  return {
    add(row) {
      gathered.push(row);
      seen += 1;
      chars += charsOf(row);
      if (row.status === "PASSED" || row.status === "FAILED" || row.status === "SKIPPED") counts[row.status] += 1;
    },
    isFull,
    flush,
    async finish({ isPartial, ...finish }) {
      // A full batch is the last one when nothing follows it.
      while (gathered.length > options.batchSize || chars > BATCH_CHARS_MAX) {
        const batch = take();
        await underWay;
        underWay = write(batch);
        underWay.catch(() => undefined);
      }
      await underWay;
      options.signal.throwIfAborted();
      const statistics = { total: seen, passed: counts.PASSED, failed: counts.FAILED, skipped: counts.SKIPPED, passRate: passRateOf(counts.PASSED, seen) };
      const state = isPartial ? "partial" : seen === 0 ? "empty" : "complete";
      await writeLastBatch(tools, take(), { ...finish, statistics, state });
      return { ...statistics, state };
    },
    settle: () => underWay.catch(() => undefined),
  };
}

function charsOf({ failureMessage }: ResultRow): number {
  return failureMessage?.length ?? 0;
}

/** How many of the rows make one batch; always at least one when there is any. */
function fitting(rows: readonly ResultRow[], batchSize: number): number {
  let chars = 0;
  for (const [index, row] of rows.entries()) {
    if (index >= batchSize || chars >= BATCH_CHARS_MAX) return index;
    chars += charsOf(row);
  }
  return rows.length;
}
