import * as z from "zod";
import { isContention, type Database, type Write } from "../database/database.ts";
import { saveMarket, type MarketToSave, type Saved } from "../markets/save-market.ts";
import type { SourceCounts } from "../runs/decide-end.ts";

/** The next thing to do: entry `index` of the listing page at `url`; null when the source is done. */
const checkpointShape = z.object({ url: z.string().nullable(), page: z.number().int(), index: z.number().int() });
export type Checkpoint = z.infer<typeof checkpointShape>;

export type Stage = "page" | "parse" | "detail" | "save";

export interface Failure {
  readonly externalId: string | null;
  readonly stage: Stage;
  readonly error: string;
}

/** One step of a source: what it saves, what it counts and where to go on are one transaction. */
export interface Step {
  readonly kind: "item" | "broken-item" | "skipped" | "page" | "lost-page";
  readonly save: MarketToSave | null;
  readonly failure: Failure | null;
  readonly checkpoint: Checkpoint;
}

export interface SourceLedger {
  readonly checkpoint: Checkpoint;
  readonly counts: SourceCounts;
  commit(step: Step): Promise<void>;
  /** Writes down what could not be written while the database was locked. */
  flush(): Promise<void>;
}

/** The run has been ended by somebody else: cancelled, or taken for dead. */
export class RunOverError extends Error {
  override readonly name = "RunOverError";
  readonly retryable = false;
}

const ERROR_CHARACTERS_MAX = 500;

interface LedgerOptions {
  readonly database: Database;
  readonly runId: string;
  readonly source: string;
  readonly firstUrl: string;
  /** Called while a locked database is waited for. */
  readonly waiting: () => void;
  readonly onCounts: (counts: SourceCounts) => void;
}

type Counts = Omit<SourceCounts, "source">;
const NONE: Counts = { pages: 0, processed: 0, created: 0, updated: 0, unchanged: 0, failed: 0, skipped: 0 };

export async function openSourceLedger({ database, runId, source, firstUrl, waiting, onCounts }: LedgerOptions): Promise<SourceLedger> {
  const first: Checkpoint = { url: firstUrl, page: 1, index: 0 };
  const row = await database.write((transaction) => beginOrGoOn(transaction, { run_id: runId, source, checkpoint: JSON.stringify(first) }), { waiting });
  let checkpoint = checkpointShape.parse(JSON.parse(row.checkpoint));
  let counts: SourceCounts = {
    source,
    pages: row.pages,
    processed: row.processed,
    created: row.created,
    updated: row.updated,
    unchanged: row.unchanged,
    failed: row.failed,
    skipped: row.skipped,
  };
  let unwritten: readonly Failure[] = [];

  async function write(next: SourceCounts, step: Pick<Step, "save" | "checkpoint">, failures: readonly Failure[]): Promise<SourceCounts> {
    return await database.write(
      async (transaction) => {
        await assertRunning(transaction, runId);
        const saved = step.save === null ? null : await saveMarket(transaction, step.save);
        const { source: _name, ...columns } = withSaved(next, saved);
        await transaction
          .updateTable("run_sources")
          .set({ ...columns, checkpoint: JSON.stringify(step.checkpoint) })
          .where("run_id", "=", runId)
          .where("source", "=", source)
          .execute();
        for (const { externalId, stage, error } of failures)
          await transaction
            .insertInto("run_failures")
            .values({ run_id: runId, source, external_id: externalId, stage, error: error.slice(0, ERROR_CHARACTERS_MAX) })
            .execute();
        return { source, ...columns };
      },
      { waiting },
    );
  }

  /** An item that the database refuses, or cannot take in time, fails alone. */
  async function attempt(next: SourceCounts, step: Step, failures: readonly Failure[]): Promise<void> {
    try {
      counts = await write(next, step, failures);
      unwritten = [];
    } catch (error) {
      if (error instanceof RunOverError || step.save === null) return giveBack(error, next, failures);
      const failed = step.failure === null ? { ...next, failed: next.failed + 1 } : next;
      const failure: Failure = { externalId: step.save.values.external_id, stage: "save", error: wordOf(error) };
      await attempt(failed, { ...step, save: null }, [...failures, failure]);
    }
  }

  /** Locked for too long even for that: it is remembered, and written with the next step. */
  function giveBack(error: unknown, next: SourceCounts, failures: readonly Failure[]): void {
    if (!isContention(error)) throw error;
    counts = next;
    unwritten = failures;
  }

  return {
    get checkpoint() {
      return checkpoint;
    },
    get counts() {
      return counts;
    },
    async commit(step) {
      const failures = step.failure === null ? unwritten : [...unwritten, step.failure];
      await attempt(counted(counts, step), step, failures);
      checkpoint = step.checkpoint;
      onCounts(counts);
    },
    async flush() {
      if (unwritten.length === 0) return;
      counts = await write(counts, { save: null, checkpoint }, unwritten);
      unwritten = [];
    },
  };
}

async function beginOrGoOn(transaction: Write, row: { readonly run_id: string; readonly source: string; readonly checkpoint: string }) {
  await transaction
    .insertInto("run_sources")
    .values({ ...row, ...NONE })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return await transaction.selectFrom("run_sources").selectAll().where("run_id", "=", row.run_id).where("source", "=", row.source).executeTakeFirstOrThrow();
}

async function assertRunning(transaction: Write, runId: string): Promise<void> {
  const run = await transaction.selectFrom("runs").select("status").where("id", "=", runId).executeTakeFirst();
  if (run?.status !== "running") throw new RunOverError(`the run is ${run?.status ?? "gone"}`);
}

function counted(counts: SourceCounts, { kind, failure }: Step): SourceCounts {
  const failed = counts.failed + (failure === null ? 0 : 1);
  switch (kind) {
    case "page":
      return { ...counts, failed, pages: counts.pages + 1 };
    case "lost-page":
      return { ...counts, failed };
    case "skipped":
      return { ...counts, failed, skipped: counts.skipped + 1 };
    default:
      return { ...counts, failed, processed: counts.processed + 1 };
  }
}

function withSaved(counts: SourceCounts, saved: Saved | null): SourceCounts {
  return saved === null ? counts : { ...counts, [saved]: counts[saved] + 1 };
}

function wordOf(error: unknown): string {
  if (isContention(error)) return "the database was locked for too long";
  return error instanceof Error ? error.message : String(error);
}
