import { CofferdamError } from "./errors.ts";
import { suggestName } from "./suggest.ts";
import { parseBytes, parseCount, parseDuration } from "./units.ts";

/** What one attempt may use, as a user writes it. `null` (or "none") lifts a limit. */
export interface BudgetOptions {
  /** Memory of the whole process tree, e.g. "512MB" or bytes. Default for jobs: 512 MB. Node job modules need at least 96 MB. */
  readonly memory?: string | number | null;
  /** Threads plus processes of the whole tree, as in a container's pids limit. Default for jobs: 256. Node job modules need at least 24. */
  readonly pids?: number | string | null;
  /** Longest wall time, e.g. "5m" or milliseconds. Default for jobs: 15 min. */
  readonly time?: string | number | null;
  /** Longest silence: no progress, no checkpoint (for commands also: no output). Default: none. */
  readonly stall?: string | number | null;
  /** Longest blocked event loop, without the time in which its thread waited for a CPU (at most three quarters of it); Node job modules only. Default for job modules: 30 s. */
  readonly block?: string | number | null;
  /** Log bytes (stdout and stderr together). Default for jobs: 64 MB. */
  readonly output?: string | number | null;
}

/** A budget with nothing left open; `null` means no limit. */
export interface Budget {
  readonly memoryBytes: number | null;
  readonly pids: number | null;
  readonly timeMs: number | null;
  readonly stallMs: number | null;
  readonly blockMs: number | null;
  readonly outputBytes: number | null;
}

export const NO_BUDGET: Budget = { memoryBytes: null, pids: null, timeMs: null, stallMs: null, blockMs: null, outputBytes: null };

export const DEFAULT_JOB_BUDGET: Budget = {
  memoryBytes: 512 * 1024 ** 2,
  pids: 256,
  timeMs: 15 * 60_000,
  stallMs: null,
  blockMs: 30_000,
  outputBytes: 64 * 1024 ** 2,
};

/** The least that a Node job module can live in (measured: an idle worker needs 45 to 60 MB and 14 tasks). */
export const MODULE_MEMORY_BYTES_MIN = 96 * 1024 ** 2;
export const MODULE_PIDS_MIN = 24;

const BUDGET_KEYS = ["memory", "pids", "time", "stall", "block", "output"] as const;

/**
 * Completes a written budget from the defaults.
 * @throws CofferdamError `unknown_option` or `invalid_option`, naming the key, with a suggestion.
 * @example resolveBudget({ memory: "256MB" }, DEFAULT_JOB_BUDGET)
 */
export function resolveBudget(written: BudgetOptions | undefined, defaults: Budget): Budget {
  if (written === undefined) return defaults;
  if (typeof written !== "object" || written === null) {
    throw new CofferdamError("invalid_option", "budget must be an object", { hint: 'For example budget: { memory: "512MB", time: "5m" }.' });
  }
  for (const key of Object.keys(written)) {
    if (!(BUDGET_KEYS as readonly string[]).includes(key))
      throw new CofferdamError("unknown_option", `budget.${key}: there is no such budget${suggestName(key, BUDGET_KEYS)}`, { hint: `Budgets are: ${BUDGET_KEYS.join(", ")}.` });
  }
  return {
    memoryBytes: pick(written.memory, defaults.memoryBytes, (value) => parseBytes(value, "budget.memory")),
    pids: pick(written.pids, defaults.pids, (value) => parseCount(value, "budget.pids")),
    timeMs: pick(written.time, defaults.timeMs, (value) => parseDuration(value, "budget.time")),
    stallMs: pick(written.stall, defaults.stallMs, (value) => parseDuration(value, "budget.stall")),
    blockMs: pick(written.block, defaults.blockMs, (value) => parseDuration(value, "budget.block")),
    outputBytes: pick(written.output, defaults.outputBytes, (value) => parseBytes(value, "budget.output")),
  };
}

function pick(written: string | number | null | undefined, fallback: number | null, parse: (value: string | number) => number): number | null {
  if (written === undefined) return fallback;
  if (written === null || written === "none") return null;
  return parse(written);
}
