// A whole run: the runtime, the cache, the categories with their slots, and what is left behind at the end.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CofferdamError, startRuntime, type Runtime } from "cofferdam";
import { CommandError, EXIT, messageOf, untilUseless, type Environment } from "workload-command-line";
import { LANE } from "../analyse/inputs.ts";
import { createCache, type Cache } from "../cache/cache.ts";
import { readCache, writeCache } from "../cache/cache-file.ts";
import type { CategoryList } from "../lists/read-lists.ts";
import { readSlowRegistry } from "../queue/slow-registry.ts";
import type { DomainRecord } from "../record.ts";
import { readData, type CategoryRecords } from "../report/outputs.ts";
import { toEnvironment, type Settings } from "../settings.ts";
import { createMetrics, type Metrics } from "../watch/metrics.ts";
import { createAttempts } from "./attempts.ts";
import { createBoard, type Board } from "./board.ts";
import { createBotMemory } from "./bot-memory.ts";
import { planRun, type CategoryPlan } from "./plan.ts";
import { createCategoryRun, type CategoryRun } from "./run-category.ts";
import type { Desk } from "./run-domain.ts";
import { writeOutputs, writeSoFar } from "./write-outputs.ts";

/** Where the job module is: what a runtime has to be told to run this workload. */
const JOB_MODULES = join(import.meta.dirname, "..", "..", "jobs");
const DRAIN_MS = 2000;
/** What runs when the run is stopped may come to its end for so long. */
const FINISH_MS = 4000;
const REPORT_EVERY_MS = 5000;
const CATEGORY_WORKERS_MIN = 2;
const CATEGORIES_AT_ONCE = 3;

export interface RunOptions {
  readonly settings: Settings;
  /** Where the settings came from; the workers get the same. */
  readonly environment: Environment;
  /** What is analysed. */
  readonly lists: readonly CategoryList[];
  /** All that were found; additions must stand in none of them. */
  readonly allLists: readonly CategoryList[];
  readonly sampleSize: number | null;
  readonly force: boolean;
  /** false: the analysis cache is neither read nor written. */
  readonly useCache: boolean;
  readonly workers: number;
  readonly parallelCategories: boolean;
  readonly smartQueue: boolean;
  readonly note: (text: string) => void;
  readonly onRecord?: (record: DomainRecord) => void;
}

/** What a run is when nobody says otherwise: all domains, the cache in use, lanes. */
export const RUN_DEFAULTS = {
  sampleSize: null,
  force: false,
  useCache: true,
  workers: 4,
  parallelCategories: false,
  smartQueue: true,
} as const satisfies Partial<RunOptions>;

export type RunEnd = { readonly kind: "done" | "stopped"; readonly outputs: readonly CategoryRecords[] };

export interface Run {
  readonly board: Board;
  readonly metrics: Metrics;
  readonly runtime: Runtime;
  readonly queues: () => readonly CategoryRun["queue"][];
  /** Resolves when all outputs are written and nothing of the run is left. */
  readonly done: Promise<RunEnd>;
  /** Takes no more domains; the rest is saved. Idempotent. */
  stop(): void;
}

/** @throws CommandError (refused) when another run has the same cache; SettingsError for a bad slow registry; OutputError for data of an earlier run that cannot be read. */
export async function startRun(options: RunOptions): Promise<Run> {
  const { settings } = options;
  const registry = await readSlowRegistry(settings.slowRegistryPath);
  const written = await readData(settings.outDirectory);
  await mkdir(settings.cacheDirectory, { recursive: true });
  const slotsOf = slotCounts(options);
  const slots = options.parallelCategories ? slotsOf.reduce((sum, count) => sum + count, 0) : options.workers;
  const runtime = await openRuntime(options, slots);
  try {
    const metrics = createMetrics();
    const cache = await openCache(options, metrics);
    const board = createBoard(Date.now);
    const attempts = createAttempts(runtime, Date.now);
    await attempts.clearQueue();
    const stopping = new AbortController();
    const memory = createBotMemory(runtime.control, Date.now);
    const desk: Desk = {
      settings,
      cache,
      written,
      attempts,
      memory,
      board,
      registry,
      metrics,
      force: options.force,
      stopping: stopping.signal,
      now: () => new Date(),
      chance: Math.random,
    };
    const plans = planRun(options.lists, cache.get, { ...settings, sampleSize: options.sampleSize, force: options.force, nowMs: Date.now() });
    const work = createWork(desk, options, { plans, slotsOf });
    const cached = plans.reduce((sum, plan) => sum + plan.cached.length, 0);
    board.begin(cached + plans.reduce((sum, plan) => sum + plan.todo.length, 0), cached);
    return { board, metrics, runtime, queues: work.queues, done: conduct({ desk, options, runtime, work }), stop: () => stopping.abort() };
  } catch (error) {
    await runtime.stop();
    throw error;
  }
}

/** How many slots each category has. */
function slotCounts({ lists, workers, parallelCategories }: RunOptions): number[] {
  return lists.map(() => (parallelCategories ? Math.max(CATEGORY_WORKERS_MIN, Math.floor(workers / CATEGORIES_AT_ONCE)) : workers));
}

async function openRuntime({ settings, environment }: RunOptions, slots: number): Promise<Runtime> {
  try {
    return await startRuntime({
      dataDir: join(settings.cacheDirectory, "runtime"),
      jobs: [JOB_MODULES],
      lanes: { [LANE]: { concurrency: slots } },
      http: false,
      // Job modules read their settings from the environment of their process.
      env: toEnvironment(settings, environment),
      // Of a list of dead domains most attempts may fail; that is a finding, not a reason to hold back.
      healing: false,
      drainTimeout: DRAIN_MS,
      // The budget is wall time, and there is no API beside the workers that would have to stay ahead of them.
      workerNice: 0,
      logLevel: "error",
    });
  } catch (error) {
    if (!(error instanceof CofferdamError) || error.code !== "data_dir_locked") throw error;
    throw new CommandError(EXIT.refused, `another run uses ${settings.cacheDirectory}: ${error.message}`, "wait for its end, or give this run a CACHE_DIR of its own");
  }
}

async function openCache({ settings, useCache, note }: RunOptions, metrics: Metrics): Promise<Cache> {
  if (!useCache) return createCache({ records: new Map(), save: () => Promise.resolve() });
  const { records, setAside } = await readCache(settings.cacheDirectory, new Date());
  if (setAside !== null) note(`the cache could not be read${records.size === 0 ? "" : ` in part (${records.size} records could)`}; it lies in ${setAside}`);
  return createCache({
    records,
    async save(all) {
      await writeCache(settings.cacheDirectory, all, new Date());
      metrics.saved();
    },
  });
}

interface Work {
  readonly queues: () => readonly CategoryRun["queue"][];
  run(): Promise<void>;
}

function createWork(desk: Desk, options: RunOptions, { plans, slotsOf }: { readonly plans: readonly CategoryPlan[]; readonly slotsOf: readonly number[] }): Work {
  const recorder = createRecorder(desk, options);
  const shared = options.parallelCategories ? [] : Array.from({ length: options.workers }, () => desk.board.addSlot());
  const runs = plans.map((plan, index) => {
    const slots = options.parallelCategories ? Array.from({ length: slotsOf[index] ?? 1 }, () => desk.board.addSlot()) : shared;
    return createCategoryRun(desk, { plan, slots, smart: options.smartQueue, onRecord: recorder.take });
  });
  return {
    queues: () => runs.map(({ queue }) => queue),
    async run() {
      try {
        if (options.parallelCategories) await Promise.all(runs.map((run) => run.run()));
        else for (const run of runs) await run.run();
      } finally {
        // The last reports are written over the one so far, never under it.
        await recorder.rest();
      }
    },
  };
}

interface Recorder {
  /** What happens with every record, as soon as it is there. */
  take(record: DomainRecord, plan: CategoryPlan): void;
  /** Resolves when no report is being written. */
  rest(): Promise<void>;
}

function createRecorder(desk: Desk, { settings, note, onRecord }: RunOptions): Recorder {
  const { cache, board, metrics } = desk;
  let reportedMs = performance.now();
  let reporting: Promise<void> | null = null;
  return {
    rest: () => reporting ?? Promise.resolve(),
    take(record, { list }) {
      // What is known of a domain outlives an analysis that was ended.
      if (record.analyzed_at !== null || cache.get(record.domain) === null) cache.store(record);
      board.count(record);
      metrics.recorded(record, list.category);
      onRecord?.(record);
      if (reporting !== null || performance.now() - reportedMs < REPORT_EVERY_MS) return;
      reporting = writeSoFar(settings.outDirectory, list, desk)
        .catch((error: unknown) => note(`the report so far could not be written: ${messageOf(error)}`))
        .finally(() => {
          reporting = null;
          reportedMs = performance.now();
        });
    },
  };
}

interface Conducted {
  readonly desk: Desk;
  readonly options: RunOptions;
  readonly runtime: Runtime;
  readonly work: Work;
}

async function conduct({ desk, options, runtime, work }: Conducted): Promise<RunEnd> {
  const { stopping, attempts, cache } = desk;
  let cut: NodeJS.Timeout | null = null;
  stopping.addEventListener("abort", () => {
    cut = setTimeout(() => void attempts.cancelAll("the run was stopped"), FINISH_MS);
  });
  try {
    try {
      await Promise.race([work.run(), untilUseless(runtime)]);
    } finally {
      await cache.flush();
    }
    const outputs = await writeOutputs(options.settings.outDirectory, { analysed: options.lists, lists: options.allLists, known: desk });
    return { kind: stopping.aborted ? "stopped" : "done", outputs };
  } finally {
    if (cut !== null) clearTimeout(cut);
    attempts.stop();
    await runtime.stop();
  }
}
