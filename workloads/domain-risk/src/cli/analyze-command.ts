import type { Command } from "commander";
import { CommandError, EXIT, readCount, untilSignal, type Print } from "workload-command-line";
import { findCategory, CATEGORIES, type Category } from "../lists/categories.ts";
import { readLists, type CategoryList } from "../lists/read-lists.ts";
import { startRun, type Run, type RunOptions } from "../run/start-run.ts";
import { forTrial, readSettings, type Settings } from "../settings.ts";
import { createProgressBar, renderBar, type ProgressBar } from "../watch/progress-bar.ts";
import { startStatusServer } from "../watch/status-server.ts";
import { printFigures } from "./print-figures.ts";

interface AnalyzeOptions {
  readonly sampleSize: string;
  readonly all?: boolean;
  readonly force?: boolean;
  readonly category?: string;
  readonly cache: boolean;
  readonly parallel?: boolean;
  readonly parallelCategories?: boolean;
  readonly workers: string;
  readonly smartQueue?: boolean;
  readonly test?: boolean;
  readonly statusPort?: string;
}

export function addAnalyzeCommand(program: Command, print: Print): void {
  program
    .command("analyze")
    .description("fetch and score the home pages of the lists' domains; what is known and valid is not fetched again")
    .option("-n, --sample-size <count>", "so many domains of each list", "5")
    .option("-a, --all", "all of them")
    .option("-f, --force", "fetch also what is known, and whoever is known to refuse us")
    .option("-c, --category <name>", `only this list: ${CATEGORIES.map(({ name }) => name).join(", ")}`)
    .option("--no-cache", "neither read nor write the analysis cache")
    .option("-p, --parallel", "several domains at once")
    .option("--parallel-categories", "all lists at once, each with max(2, workers/3) workers")
    .option("-w, --workers <count>", "how many with --parallel", "5")
    .option("--smart-queue", "fast, medium and slow lanes (the default when parallel)")
    .option("--no-smart-queue", "strictly in order")
    .option("-t, --test", "a trial: cache and outputs of its own, in the directories test below CACHE_DIR and OUT_DIR")
    .option("--status-port <port>", "answer /health, /metrics and /progress there while it runs")
    .action((options: AnalyzeOptions) => analyze(options, print));
}

async function analyze(options: AnalyzeOptions, print: Print): Promise<void> {
  const stopAsked = untilSignal();
  const settings = options.test === true ? forTrial(readSettings()) : readSettings();
  const found = await readLists(settings.listsDirectory);
  const lists = chooseLists(found, options.category, settings);
  for (const category of options.category === undefined ? found.missing : [])
    print.note(`there is no ${category.file} in ${settings.listsDirectory}: ${category.title} is left out`);
  const statusPort = options.statusPort === undefined ? null : readCount("--status-port", options.statusPort);
  let run: Run | null = null;
  const bar = createProgressBar(process.stderr, () => run?.board.figures() ?? null);
  run = await startRun({ ...runOptionsOf(options, settings), lists, allLists: found.found, note: print.note, onRecord: (record) => bar.record(record) });
  const end = await follow(run, { statusPort, settings, bar, print, stopAsked });
  printFigures(end.outputs, print);
  print.note(`written to ${settings.outDirectory}`);
  if (end.kind === "stopped") throw new CommandError(EXIT.partial, `stopped: ${renderBar(run.board.figures())}`, "the same command goes on where it stopped");
}

function runOptionsOf(options: AnalyzeOptions, settings: Settings): Omit<RunOptions, "lists" | "allLists" | "note"> {
  const parallel = options.parallel === true || options.parallelCategories === true;
  const workers = readCount("--workers", options.workers);
  if (workers === 0) throw new CommandError(EXIT.usage, "--workers: at least one");
  const sampleSize = options.all === true ? null : readCount("--sample-size", options.sampleSize);
  return {
    settings,
    environment: process.env,
    sampleSize,
    force: options.force === true,
    useCache: options.cache,
    workers: parallel ? workers : 1,
    parallelCategories: options.parallelCategories === true,
    smartQueue: options.smartQueue ?? parallel,
  };
}

function chooseLists({ found }: { readonly found: readonly CategoryList[] }, written: string | undefined, { listsDirectory }: Settings): CategoryList[] {
  const category = written === undefined ? null : categoryOf(written);
  const chosen = found.filter((list) => category === null || list.category === category);
  if (chosen.length === 0) throw new CommandError(EXIT.configuration, `there is no ${category?.file ?? "list"} in ${listsDirectory}`, "set LISTS_DIR");
  if (chosen.every(({ domains }) => domains.length === 0)) throw new CommandError(EXIT.nothingMatched, "there is no domain in the lists");
  return chosen;
}

function categoryOf(written: string): Category {
  const category = findCategory(written);
  if (category === null) throw new CommandError(EXIT.usage, `--category ${written}: there is none of this name`, `one of ${CATEGORIES.map(({ name }) => name).join(", ")}`);
  return category;
}

interface Followed {
  /** null: nobody is answered. */
  readonly statusPort: number | null;
  readonly settings: Settings;
  readonly bar: ProgressBar;
  readonly print: Print;
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly stopAsked: Promise<void>;
}

/** Until its end; the first SIGTERM or SIGINT stops it in order. */
async function follow(run: Run, { statusPort, settings, bar, print, stopAsked }: Followed): Promise<Awaited<Run["done"]>> {
  const status = statusPort === null ? null : await openStatus(run, statusPort, settings);
  if (status !== null) print.note(`status: ${status.url}/health  ${status.url}/metrics  ${status.url}/progress`);
  void stopAsked.then(() => {
    print.note("stopping: what runs may end, nothing more is begun");
    run.stop();
  });
  try {
    return await run.done;
  } finally {
    bar.close();
    await status?.close();
  }
}

async function openStatus(run: Run, port: number, { domainBudgetMs }: Settings): ReturnType<typeof startStatusServer> {
  try {
    return await startStatusServer(run, { port, domainBudgetMs });
  } catch (error) {
    run.stop();
    await run.done;
    throw error;
  }
}
