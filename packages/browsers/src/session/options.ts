import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deadline } from "../deadline.ts";
import { BrowserError } from "../errors.ts";
import { argumentProblem, type BlockedKind, type ThreadProfile } from "../process/arguments.ts";
import type { BrowserEvent, EventListeners } from "./events.ts";
import type { RetireRules } from "./retirement.ts";

/** What a browser needs of the job that it works for: the context of a Cofferdam job fits as it is; elsewhere `{ signal }` or `{}`. */
export interface BrowserJob {
  readonly signal?: AbortSignal;
  /** Directory of this attempt alone. Default: one for all sessions of this user below the system's temporary directory. */
  readonly scratch?: string;
  /** Leaves a browser for the next attempt in the same worker; see `reuse`. */
  readonly keeper?: BrowserKeeper | null;
  /** Takes the counts of events: "browser.page-created". Called after the attempt too, for a browser that it left. */
  count?(name: string, by?: number): void;
}

/** `Keeper` of Cofferdam. */
export interface BrowserKeeper {
  readonly directory: string;
  keep(process: { readonly pid: number; readonly what: string; end(reason: string): Promise<unknown> }): boolean;
  release(pid: number): void;
}

export interface ReuseRules {
  /** A kept browser that nobody took for so long is ended; milliseconds. Default 60,000. */
  readonly idleMsMax: number;
}

export interface BrowserOptions {
  /** The Chromium to start. Default: the first that `findChromium` finds. */
  readonly executablePath?: string;
  /** More switches for Chromium. */
  readonly args?: readonly string[];
  /** "few": fewer processes and threads, for a tight `pids` budget. Default "standard". */
  readonly threads?: ThreadProfile;
  /** Chromium's own sandbox. Needs a machine that allows it; never as root. Default false, as in Playwright. */
  readonly sandbox?: boolean;
  /** What pages do not load. Images and fonts are not even asked for; requests for media fail. Default: nothing is blocked. */
  readonly block?: readonly BlockedKind[];
  /** A window that a page opens. Default "close". */
  readonly popups?: "close" | "keep";
  /** alert, confirm, prompt. Default "dismiss"; "keep" leaves them to your own handler, and the page waits for it. */
  readonly dialogs?: "dismiss" | "accept" | "keep";
  /** Default "cancel". What is kept lies in the session's directory and is gone with it: use `download.saveAs`. */
  readonly downloads?: "cancel" | "keep";
  /** When a browser is replaced by a fresh one; contexts that are open in it may end first. */
  readonly retire?: Partial<RetireRules>;
  /**
   * Leaves the browser to the next session of this worker that asks for one with the same switches, if it is idle, in order and not worn out; that session has fresh contexts in it. Default false.
   * Without a job of Cofferdam there is nobody to hand it to, and it ends with its session.
   */
  readonly reuse?: boolean | Partial<ReuseRules>;
  /** From the start to the first answer, and for each new context or page; milliseconds. Default 15,000. */
  readonly answerTimeoutMs?: number;
  /** How long an orderly close may take before what hangs is killed; 1 to 1000 ms. Default 1000. */
  readonly closeTimeoutMs?: number;
  /** Ends the session in time, with the reserve for its closing. */
  readonly deadline?: Deadline;
  /** "throw": `close()` (and `await using`) rejects with `leaked` when contexts or pages were never closed. Default "report". */
  readonly leaks?: "report" | "throw";
  /** "none": no PID namespace around the browser, also where one could be had. Default "auto". */
  readonly wall?: "auto" | "none";
  /** Called synchronously at each step; see BROWSER_EVENT_KINDS. */
  readonly onEvent?: (event: BrowserEvent) => void;
}

/** Complete: nothing is decided about options after this. */
export interface Settings {
  readonly executablePath: string | null;
  readonly args: readonly string[];
  readonly threads: ThreadProfile;
  readonly sandbox: boolean;
  readonly block: readonly BlockedKind[];
  readonly popups: "close" | "keep";
  readonly dialogs: "dismiss" | "accept" | "keep";
  readonly downloads: "cancel" | "keep";
  readonly retire: RetireRules;
  /** Null: a session's browsers end with it. */
  readonly reuse: (ReuseRules & { readonly keeper: BrowserKeeper }) | null;
  readonly answerTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly leaks: "report" | "throw";
  readonly wall: "auto" | "none";
  readonly scratch: string;
  /** The job's signal and the deadline's. */
  readonly signals: readonly AbortSignal[];
  readonly listeners: EventListeners;
}

export function resolveSettings(job: BrowserJob, options: BrowserOptions): Settings {
  const args = options.args ?? [];
  for (const argument of args) {
    const problem = argumentProblem(argument);
    if (problem !== null) throw new BrowserError("invalid_option", `args: ${argument} ${problem}`);
  }
  const retire = options.retire ?? {};
  const reuse = resolveReuse(job, options.reuse ?? false);
  return {
    executablePath: options.executablePath ?? null,
    args,
    threads: options.threads ?? "standard",
    sandbox: options.sandbox ?? false,
    block: options.block ?? [],
    popups: options.popups ?? "close",
    dialogs: options.dialogs ?? "dismiss",
    downloads: options.downloads ?? "cancel",
    retire: {
      pagesMax: between("retire.pagesMax", retire.pagesMax ?? 200, 1, Number.POSITIVE_INFINITY),
      ageMsMax: between("retire.ageMsMax", retire.ageMsMax ?? 30 * 60_000, 1, Number.POSITIVE_INFINITY),
      pssBytesMax: between("retire.pssBytesMax", retire.pssBytesMax ?? Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY),
    },
    reuse,
    answerTimeoutMs: between("answerTimeoutMs", options.answerTimeoutMs ?? 15_000, 1, 600_000),
    closeTimeoutMs: between("closeTimeoutMs", options.closeTimeoutMs ?? 1000, 1, 1000),
    leaks: options.leaks ?? "report",
    wall: options.wall ?? "auto",
    // What is emptied after each attempt is no place for what outlives one.
    scratch: reuse?.keeper.directory ?? job.scratch ?? join(tmpdir(), `cofferdam-browsers-${process.getuid?.() ?? 0}`),
    signals: [job.signal, options.deadline?.signal].filter((signal) => signal !== undefined),
    listeners: { onEvent: options.onEvent ?? null, count: job.count ?? null },
  };
}

function resolveReuse({ keeper }: BrowserJob, wished: boolean | Partial<ReuseRules>): Settings["reuse"] {
  const { idleMsMax = 60_000 } = typeof wished === "boolean" ? {} : wished;
  const checked = between("reuse.idleMsMax", idleMsMax, 1, 2 ** 31 - 1);
  return wished === false || keeper === undefined || keeper === null ? null : { idleMsMax: checked, keeper };
}

function between(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new BrowserError("invalid_option", `${name}: ${value} is not a number from ${least} to ${most}`);
}
