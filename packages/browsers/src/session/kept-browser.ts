import { createEventLog, type EventLog } from "./events.ts";
import type { LiveBrowser } from "./live-browser.ts";
import type { BrowserKeeper, Settings } from "./options.ts";
import { raceAbort } from "./race.ts";

/** The browser that waits in this process for the next session: one at most. */
interface KeptBrowser {
  readonly live: LiveBrowser;
  /** All that was decided at its launch: who asks for something else gets a fresh one. */
  readonly launchedAs: string;
  readonly keeper: BrowserKeeper;
  readonly timer: NodeJS.Timeout;
}

let shelf: KeptBrowser | null = null;

/** A browser that is in order answers in some milliseconds; one that does not is ended rather than waited for. */
const ANSWER_MS_MAX = 1000;

/** Leaves an idle browser to the next session. False: it has to be ended. */
export function keepBrowser(live: LiveBrowser, settings: Settings, executablePath: string): boolean {
  const { reuse } = settings;
  if (reuse === null || shelf !== null || !live.isIdle()) return false;
  const end = (reason: string): Promise<unknown> => live.end("closed", reason);
  if (!reuse.keeper.keep({ pid: live.pid, what: `Chromium ${live.id}`, end })) return false;
  const timer = setTimeout(() => void end(`nobody took it for ${reuse.idleMsMax} ms`), reuse.idleMsMax);
  timer.unref();
  const kept: KeptBrowser = { live, launchedAs: launchKey(settings, executablePath), keeper: reuse.keeper, timer };
  shelf = kept;
  // The session is over; only the job's counters hear of its end.
  const events = createEventLog({ onEvent: null, count: settings.listeners.count });
  live.workFor({ events, retire: settings.retire });
  live.workFor(null);
  events.emit("browser-kept", live.id, live.id);
  // However it ends while it waits: it is named until nothing is left of it.
  const forget = (): void => {
    if (shelf === kept) takeOff(kept);
  };
  void live.gone.then(forget, forget);
  return true;
}

/** The browser that waits, if it fits, answers and is not worn out; otherwise it makes room. */
export async function takeKept(settings: Settings, executablePath: string, events: EventLog, signal: AbortSignal): Promise<LiveBrowser | null> {
  if (settings.reuse === null || shelf === null) return null;
  const kept = shelf;
  const { live } = kept;
  takeOff(kept);
  live.workFor({ events, retire: settings.retire });
  const problem = kept.launchedAs === launchKey(settings, executablePath) ? await findProblem(live, signal) : "a session with other switches comes";
  if (problem === null) {
    events.emit("browser-reused", live.id, live.id);
    return live;
  }
  await live.end(problem === NO_ANSWER ? "killed" : "closed", problem);
  signal.throwIfAborted();
  return null;
}

const NO_ANSWER = `it did not answer within ${ANSWER_MS_MAX} ms`;

async function findProblem(live: LiveBrowser, signal: AbortSignal): Promise<string | null> {
  if (!live.isUsable()) return "it was being ended";
  const worn = live.wornOut();
  if (worn !== null) return worn;
  try {
    return (await raceAbort(live.answers(ANSWER_MS_MAX), signal)) ? null : NO_ANSWER;
  } catch {
    return "the session was cut";
  }
}

function takeOff(kept: KeptBrowser): void {
  clearTimeout(kept.timer);
  shelf = null;
  kept.keeper.release(kept.live.pid);
}

function launchKey({ args, threads, sandbox, block, wall }: Settings, executablePath: string): string {
  return JSON.stringify([executablePath, args, threads, sandbox, block, wall]);
}
