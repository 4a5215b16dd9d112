import type { Clock } from "../platform/index.ts";
import type { JournalPort } from "../store/ports.ts";
import { addHeap, addLeaks, closeSeries, findGrowth, NO_LEAKS, viewLeaks, type HeapSeries, type TypeLeaks } from "./leaks.ts";
import { addPeak, NO_PEAKS, predictPeak, reservationBytes, viewBudget, type TypePeaks } from "./peaks.ts";
import type { Learner, Lesson } from "./ports.ts";

export interface LearnerDeps {
  readonly clock: Clock;
  readonly journal: Pick<JournalPort, "book" | "putBook">;
  /** This worker should be replaced when it is idle. */
  onGrowth(workerId: string, reason: string): void;
  onError(error: unknown): void;
}

interface TypeRecord {
  readonly peaks: TypePeaks;
  readonly leaks: TypeLeaks;
}

const BOOK = "learning";
const NOTHING: TypeRecord = { peaks: NO_PEAKS, leaks: NO_LEAKS };
const STORE_MS = 30_000;
/** A lesson may come after its worker has gone: what is kept of workers is bounded. */
const WORKERS_MAX = 200;

/** Keeps what attempts have told of their types: in memory, written every half minute and at the end. A crash forgets half a minute. */
export async function openLearner(deps: LearnerDeps): Promise<Learner> {
  const types = new Map<string, TypeRecord>();
  const heaps = new Map<string, HeapSeries>();
  const changed = new Set<string>();
  for (const { key, record } of await deps.journal.book(BOOK)) types.set(key, readRecord(record));
  const cancel = deps.clock.every(STORE_MS, () => void store(), { keepAlive: false });

  async function store(): Promise<void> {
    if (changed.size === 0) return;
    const entries = [...changed].map((key) => ({ key, record: JSON.stringify(types.get(key) ?? NOTHING) }));
    changed.clear();
    await deps.journal.putBook(BOOK, entries).catch(deps.onError);
  }

  function observeHeap(lesson: Lesson): void {
    const before = heaps.get(lesson.workerId) ?? null;
    if (before !== null && before.type !== lesson.type) close(before);
    const series = addHeap(before, lesson.type, lesson.rest);
    heaps.set(lesson.workerId, series);
    const [oldest] = heaps.keys();
    if (heaps.size > WORKERS_MAX && oldest !== undefined) forget(oldest);
    const reason = lesson.rest === null ? null : findGrowth(series, lesson.budgetBytes);
    if (reason !== null) deps.onGrowth(lesson.workerId, reason);
  }

  function forget(workerId: string): void {
    const series = heaps.get(workerId);
    heaps.delete(workerId);
    if (series !== undefined) close(series);
  }

  function close(series: HeapSeries): void {
    const record = types.get(series.type) ?? NOTHING;
    types.set(series.type, { ...record, leaks: closeSeries(record.leaks, series) });
    changed.add(series.type);
  }

  return {
    observe(lesson) {
      observeHeap(lesson);
      const { peaks, leaks } = types.get(lesson.type) ?? NOTHING;
      types.set(lesson.type, { peaks: addPeak(peaks, lesson), leaks: addLeaks(leaks, lesson) });
      changed.add(lesson.type);
    },
    workerEnded: forget,
    predict: (type, inputBytes) => predictPeak(types.get(type)?.peaks ?? NO_PEAKS, inputBytes),
    reservation: (type) => reservationBytes(types.get(type)?.peaks ?? NO_PEAKS),
    budgets: (known) => [...known].map(({ type, budgetBytes }) => viewBudget(type, budgetBytes, types.get(type)?.peaks ?? NO_PEAKS)),
    leaks: () =>
      [...types].map(([type, { leaks }]) =>
        viewLeaks(
          type,
          leaks,
          [...heaps.values()].filter((series) => series.type === type),
        ),
      ),
    async close() {
      cancel();
      for (const workerId of heaps.keys()) forget(workerId);
      await store();
    },
  };
}

/** JSON that this room wrote itself; an earlier version knew less. */
function readRecord(record: string): TypeRecord {
  const { peaks, leaks }: TypeRecord = JSON.parse(record);
  return { peaks: { ...NO_PEAKS, ...peaks }, leaks: { ...NO_LEAKS, ...leaks } };
}
