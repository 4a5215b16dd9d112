import { setImmediate as nextTurn } from "node:timers/promises";
import { createOccurrenceCounter } from "./occurrences.ts";
import { passRateOf } from "./job-record.ts";
import type { Statistics } from "./request.ts";
import type { ResultRow } from "./result-row.ts";
import { prepareBatch, writeBatch, writeLastBatch, type Finish, type WritableBatch, type WriterTools } from "./result-writer.ts";

/** Takes a job's rows in order and writes them in batches, one after the other; while one is being written the next ones are read. */
export interface RowSink {
  add(row: ResultRow): void;
  /** Whether a batch is full: then `flush` is due before more is added. */
  isFull(): boolean;
  /** Hands full batches over, and looks whether one has been written so that the next one can be. Waits when too many are ahead. */
  flush(): Promise<void>;
  /** The last batch, with statistics and state. */
  finish(finish: Omit<Finish, "statistics" | "state"> & { readonly isPartial: boolean }): Promise<Statistics & { readonly state: Finish["state"] }>;
  /** Waits for the batches under way, whatever becomes of them. */
  settle(): Promise<void>;
}

export interface RowSinkOptions {
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** After each batch that is on disk, with the rows of the job that are there now. */
  readonly onWritten: (written: number) => void;
  /** Awaited between the last batch but one and the last. */
  readonly beforeLast: () => Promise<void>;
}

/** A batch is also full when its messages are: 2,500 long ones would not fit the budget. */
const BATCH_CHARS_MAX = 4 * 1024 * 1024;

/** What may wait to be written: enough that neither reading nor writing waits for the other's slow moments, and together no more than one batch of long messages. */
const BATCHES_AHEAD_MAX = 16;

export function createRowSink(tools: WriterTools, options: RowSinkOptions): RowSink {
  const counter = createOccurrenceCounter();
  const counts = { PASSED: 0, FAILED: 0, SKIPPED: 0 };
  let gathered: ResultRow[] = [];
  let chars = 0;
  let seen = 0;
  /** Rows that an import before this one has written; they come by again and are counted only. */
  let toSkip = tools.started.written;
  let written = tools.started.written;
  /** Handed over, in order; the first of them is being written. Each fails when the one before has failed. */
  const ahead: { readonly written: Promise<void>; readonly chars: number }[] = [];
  let charsAhead = 0;

  function isFull(): boolean {
    return gathered.length >= options.batchSize || chars >= BATCH_CHARS_MAX;
  }

  function isMoreThanOne(): boolean {
    return gathered.length > options.batchSize || chars > BATCH_CHARS_MAX;
  }

  /** Takes one batch off what has gathered. */
  function take(): { readonly batch: WritableBatch; readonly chars: number } {
    const count = fitting(gathered, options.batchSize);
    const rows = gathered.slice(0, count);
    gathered = gathered.slice(count);
    const before = chars;
    chars = gathered.reduce((sum, row) => sum + charsOf(row), 0);
    const skipped = Math.min(toSkip, rows.length);
    toSkip -= skipped;
    // What is in the database already is noted first, on its own: where its keys come again they are looked for there.
    if (skipped > 0) counter.note(rows.slice(0, skipped));
    return { batch: prepareBatch(tools, counter.note(skipped === 0 ? rows : rows.slice(skipped))), chars: before - chars };
  }

  async function write(batch: WritableBatch, before: Promise<void>): Promise<void> {
    await before;
    options.signal.throwIfAborted();
    if (batch.count === 0) return;
    await writeBatch(tools, batch);
    written += batch.count;
    options.onWritten(written);
  }

  async function hand(): Promise<void> {
    const { batch, chars: taken } = take();
    const own = { written: write(batch, ahead.at(-1)?.written ?? Promise.resolve()), chars: taken };
    // Whoever waits for it next is told; until then it is nobody's fault.
    own.written.catch(() => undefined);
    ahead.push(own);
    charsAhead += taken;
    while (ahead.length > BATCHES_AHEAD_MAX || (charsAhead > BATCH_CHARS_MAX && ahead.length > 1)) await settleFirst();
  }

  async function settleFirst(): Promise<void> {
    const first = ahead[0];
    await first?.written;
    ahead.shift();
    charsAhead -= first?.chars ?? 0;
  }

  return {
    add(row) {
      gathered.push(row);
      seen += 1;
      chars += charsOf(row);
      if (row.status === "PASSED" || row.status === "FAILED" || row.status === "SKIPPED") counts[row.status] += 1;
    },
    isFull,
    async flush() {
      while (isFull()) await hand();
      if (ahead.length > 0) await nextTurn();
    },
    async finish({ isPartial, ...finish }) {
      // A full batch is the last one when nothing follows it.
      while (isMoreThanOne()) await hand();
      while (ahead.length > 0) await settleFirst();
      await options.beforeLast();
      options.signal.throwIfAborted();
      const statistics = { total: seen, passed: counts.PASSED, failed: counts.FAILED, skipped: counts.SKIPPED, passRate: passRateOf(counts.PASSED, seen) };
      const state = isPartial ? "partial" : seen === 0 ? "empty" : "complete";
      await writeLastBatch(tools, take().batch, { ...finish, statistics, state });
      return { ...statistics, state };
    },
    async settle() {
      await ahead.at(-1)?.written.catch(() => undefined);
    },
  };
}

function charsOf({ failureMessage }: ResultRow): number {
  return failureMessage?.length ?? 0;
}

/** How many of the rows make one batch; always at least one when there is any. */
function fitting(rows: readonly ResultRow[], batchSize: number): number {
  let count = 0;
  for (let chars = 0; count < Math.min(rows.length, batchSize) && chars < BATCH_CHARS_MAX; count += 1) chars += rows[count]?.failureMessage?.length ?? 0;
  return count;
}
