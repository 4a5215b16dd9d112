// Keeps exactly one poller for every match that is wanted. Decides by pure rules (restart-rules.ts), from outside the pollers' processes; the runtime acts.
import { randomUUID } from "node:crypto";
import type { Runtime } from "cofferdam";
import { readPollerHistory, writeAudit } from "../database/audit.ts";
import { loadState, saveSnapshot } from "../database/snapshots.ts";
import { messageOf } from "workload-command-line";
import type { PollInput, Report } from "../poll/report.ts";
import type { ListedMatch } from "../reconcile/reconcile.ts";
import type { Settings } from "../settings.ts";
import { LANES, TYPES } from "../work-types.ts";
import { isEnd, type JobEvent, type JobLine } from "./job-line.ts";
import { makePoller, type Poller } from "./poller.ts";
import { receiveReport, type ReceiveDeps } from "./receive-report.ts";
import { ABNORMAL_WINDOW_MS, isAbnormal, judge, nextStart, reasonOfCause, type RestartReason } from "./restart-rules.ts";
import { sightingOf, viewPoller, type PollerView, type Usage } from "./view.ts";

export interface PollersDeps extends ReceiveDeps {
  readonly runtime: Runtime;
  readonly line: JobLine;
  readonly settings: Settings;
  /** Where pollers report. */
  readonly handoverUrl: () => string;
}

export interface Pollers {
  /** From now on this match, if it is live, has a poller that reads this address; false when it has one already. One that is still ending for good makes room first, and nobody waits for that. */
  want(match: ListedMatch): Promise<boolean>;
  /** Ends its poller; resolves when its whole tree is gone. */
  unwant(matchKey: string): Promise<void>;
  /** Begins it anew; false when there is none. */
  recycle(matchKey: string): boolean;
  has(matchKey: string): boolean;
  /** Takes a report; false when its start is not the one that runs. */
  receive(report: Report): Promise<boolean>;
  views(): readonly PollerView[];
  /** The runtime's job behind each of them; null while there is none. */
  jobs(): readonly { readonly matchKey: string; readonly jobId: string | null }[];
  /** Looks at all of them once: starts, restarts, ends of pauses. Called twice a second. */
  look(): void;
  /** Ends all, each with its snapshot; nothing is started any more. */
  stop(): Promise<void>;
}

/** Said of one match; the next list tries again. */
export function notTaken(error: unknown): string {
  return `a match could not be taken up: ${messageOf(error)}`;
}

/** Without a look for so long, the service itself did not run. */
const LATE_LOOK_MS = 5000;

export function createPollers(deps: PollersDeps): Pollers {
  const { runtime, line, settings, database, log, metrics, clock } = deps;
  const { nowMs } = clock;
  const pollers = new Map<string, Poller>();
  /** Matches whose poller is on its way, each with the wish that it goes back to. */
  const coming = new Map<string, symbol>();
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let lastLookMs = nowMs();
  let isStopping = false;

  function usages(): ReadonlyMap<string, Usage> {
    return new Map(runtime.control.workers().flatMap(({ attempt, memoryBytes, tasks }) => (attempt === null ? [] : [[attempt.jobId, { memoryBytes, pids: tasks }]])));
  }

  /** What the runtime measures of the tree; before its first look, what the process says of itself. */
  function usageOf(poller: Poller, measured: ReadonlyMap<string, Usage>): Usage {
    const usage = poller.jobId === null ? undefined : measured.get(poller.jobId);
    return { memoryBytes: usage?.memoryBytes || (poller.startId === null ? 0 : poller.rssBytes), pids: usage?.pids ?? 0 };
  }

  function look(): void {
    if (isStopping) return;
    // What was said meanwhile is still to be read, and what could not be handed over is handed over now.
    if (nowMs() - lastLookMs >= LATE_LOOK_MS) for (const poller of pollers.values()) poller.heardSinceMs = nowMs();
    lastLookMs = nowMs();
    const measured = usages();
    for (const poller of pollers.values()) if (poller.phase === "running" && poller.ending === null) watch(poller, usageOf(poller, measured));
    const due = [...pollers.values()].filter(({ phase, nextStartAtMs }) => phase === "waiting" && nextStartAtMs <= nowMs()).sort((a, b) => a.nextStartAtMs - b.nextStartAtMs);
    const [first] = due;
    const busy = [...pollers.values()].filter(({ phase }) => phase !== "waiting").length;
    if (first !== undefined && busy < settings.concurrencyCap && nowMs() - lastStartMs >= settings.startSpacingMs) void begin(first);
  }

  function watch(poller: Poller, usage: Usage): void {
    if (usage.pids >= settings.pidsWarn && !poller.hasWarnedOfPids) {
      poller.hasWarnedOfPids = true;
      log.warn("a poller has many threads and processes", { match_id: poller.matchKey, pids: usage.pids });
    }
    const reason = judge(sightingOf(poller, usage, nowMs()), settings);
    if (reason !== null) end(poller, "restart", reason);
  }

  async function begin(poller: Poller): Promise<void> {
    lastStartMs = nowMs();
    const startId = randomUUID();
    Object.assign(poller, {
      phase: "starting",
      startId,
      startedAtMs: null,
      lastHeartbeatAtMs: null,
      consecutiveErrors: 0,
      pausedUntilMs: null,
      rssBytes: 0,
      cpuPercent: 0,
      hasWarnedOfPids: false,
    });
    const input: PollInput = { match_key: poller.matchKey, path: poller.url, start_id: startId, handover_url: deps.handoverUrl() };
    try {
      const job = await runtime.control.enqueue({ type: TYPES.poll, lane: LANES.pollers, input: JSON.stringify(input), uniqueKey: poller.matchKey });
      // An earlier one that still ends must be gone first: never two.
      if (job.deduplicated) {
        await runtime.control.cancel(job.id, { mode: "kill", by: "live-scores", reason: "another start takes its place" });
        return waitAgain(poller);
      }
      poller.jobId = job.id;
      const unlisten = line.listen(job.id, (event) => follow(poller, event, () => unlisten()));
      // It may have been asked to end while its job was stored.
      if (poller.ending !== null) cancel(poller);
    } catch (error) {
      log.warn(`a poller could not be started: ${messageOf(error)}`, { match_id: poller.matchKey });
      waitAgain(poller);
    }
  }

  function waitAgain(poller: Poller): void {
    Object.assign(poller, { phase: "waiting", startId: null, jobId: null, nextStartAtMs: nowMs() + 1000 });
    if (poller.ending?.wish === "stop") return forget(poller);
    poller.ending = null;
  }

  function follow(poller: Poller, event: JobEvent, unlisten: () => void): void {
    if (event.kind === "attempt.started") {
      Object.assign(poller, { startedAtMs: nowMs(), heardSinceMs: nowMs(), lastHeartbeatAtMs: nowMs() });
      if (poller.ending === null) poller.phase = "running";
    } else if (event.kind === "attempt.progress") beat(poller, event.note);
    else if (event.kind === "attempt.ended" && event.next === "retry")
      // Whether there is another start is decided here alone.
      void runtime.control.cancel(event.jobId, { mode: "kill", by: "live-scores", reason: "its conductor starts another one" }).catch(() => undefined);
    else if (isEnd(event)) {
      unlisten();
      if (event.state === "quarantined") void runtime.control.discardQuarantined(event.jobId).catch(() => undefined);
      void ended(poller, event.cause);
    }
  }

  function beat(poller: Poller, note: string | null): void {
    poller.lastHeartbeatAtMs = nowMs();
    const figures: unknown = note === null ? null : JSON.parse(note);
    if (typeof figures !== "object" || figures === null) return;
    if ("cpu_percent" in figures && typeof figures.cpu_percent === "number") poller.cpuPercent = figures.cpu_percent;
    if ("rss" in figures && typeof figures.rss === "number") poller.rssBytes = figures.rss;
  }

  /** Snapshot, then stop, then the whole tree; the next start follows its end. */
  function end(poller: Poller, wish: "restart" | "stop", reason: RestartReason): void {
    if (poller.ending?.wish === "stop" || (poller.ending !== null && wish === "restart")) return;
    poller.ending = { wish, reason, atMs: nowMs() };
    poller.phase = "stopping";
    log.info(wish === "stop" ? "a poller is stopped" : "a poller is begun anew", { match_id: poller.matchKey, reason });
    poller.turn = poller.turn.then(() => snapshot(poller)).then(() => cancel(poller));
  }

  async function snapshot({ matchKey, url, state }: Poller): Promise<void> {
    const at = clock.at();
    await database
      .write((write) => saveSnapshot(write, { matchKey, url, state, at }))
      .catch((error: unknown) => log.warn(`no snapshot: ${messageOf(error)}`, { match_id: matchKey }));
  }

  function cancel({ jobId, ending }: Poller): void {
    if (jobId === null || ending === null) return;
    // A loop that does not beat does not hear either.
    const mode = ending.reason === "heartbeat" ? "kill" : "graceful";
    void runtime.control.cancel(jobId, { mode, by: "live-scores", reason: ending.reason }).catch((error: unknown) => log.warn(messageOf(error)));
  }

  async function ended(poller: Poller, cause: string | null): Promise<void> {
    const { ending, matchKey } = poller;
    Object.assign(poller, { startId: null, jobId: null, startedAtMs: null, ending: null, phase: "waiting" });
    if (poller.isOver || ending?.wish === "stop" || isStopping) return forget(poller);
    const reason = ending?.reason ?? reasonOfCause(cause);
    const at = clock.at();
    const next = nextStart({ reason, nowMs: nowMs(), askedAtMs: ending?.atMs ?? nowMs(), abnormalEndsMs: poller.abnormalEndsMs }, settings);
    Object.assign(poller, {
      restarts: poller.restarts + 1,
      lastReason: reason,
      abnormalEndsMs: next.abnormalEndsMs,
      nextStartAtMs: next.kind === "pause" ? next.untilMs : next.atMs,
    });
    poller.pausedUntilMs = next.kind === "pause" ? next.untilMs : null;
    metrics.restarted(reason);
    log.info(next.kind === "pause" ? "a match is paused" : "a poller has ended", { match_id: matchKey, reason, cause });
    // What follows is decided: a database that cannot be written costs only what it would have remembered.
    await database
      .write(async (write) => {
        await writeAudit(write, { matchKey, action: "restart", reason, details: { cause } }, at);
        if (isAbnormal(reason)) await writeAudit(write, { matchKey, action: "abnormal_end", reason }, at);
        if (next.kind === "pause") await writeAudit(write, { matchKey, action: "paused", reason, details: { until_ms: clock.timeOfDayOf(next.untilMs) } }, at);
      })
      .catch((error: unknown) => log.warn(`the end of a poller is not in the audit: ${messageOf(error)}`, { match_id: matchKey }));
  }

  /** Ends for good. */
  function isLeaving({ isOver, ending }: Poller): boolean {
    return isOver || ending?.wish === "stop";
  }

  /** What it said last may still be on its way into the database: whoever comes after it begins behind that. */
  function forget(poller: Poller): void {
    Object.assign(poller, { phase: "stopping", ending: { wish: "stop", reason: "recycle", atMs: nowMs() } });
    const leave = (): void => {
      if (pollers.get(poller.matchKey) === poller) pollers.delete(poller.matchKey);
      poller.gone.resolve();
    };
    void poller.turn.then(leave, leave);
  }

  /** The list has it under another address now: from its next start it reads there. */
  function move(poller: Poller, url: string): void {
    if (poller.url === url) return;
    poller.url = url;
    log.info("a match has another address", { match_id: poller.matchKey, url });
    if (poller.phase !== "waiting") end(poller, "restart", "recycle");
  }

  /** Null: it is not live any more. */
  async function load(matchKey: string): Promise<Poller | null> {
    const match = await database.read
      .selectFrom("live_matches")
      .leftJoin("cricket_data", "cricket_data.url", "live_matches.url")
      .select(["live_matches.url", "state", "polled_at", "updated_at"])
      .where("match_key", "=", matchKey)
      .executeTakeFirst();
    if (match?.state !== "live") return null;
    const { state, warning } = await loadState(database, matchKey);
    if (warning !== null) {
      log.warn(`the snapshot is ignored: ${warning}`, { match_id: matchKey });
      await database
        .write((write) => writeAudit(write, { matchKey, action: "snapshot_corrupt", reason: warning }, clock.at()))
        .catch((error: unknown) => log.warn(`a broken snapshot is not in the audit: ${messageOf(error)}`, { match_id: matchKey }));
    }
    const written = await readPollerHistory(database, matchKey, clock.timeOfDayOf(nowMs() - ABNORMAL_WINDOW_MS));
    // Written down before the time of day was set back, it would lie in the future.
    const pastOf = (timeMs: number): number => Math.min(nowMs(), clock.momentOf(timeMs));
    const history = {
      ...written,
      abnormalEndsMs: written.abnormalEndsMs.map(pastOf),
      pausedUntilMs: written.pausedUntilMs === null ? null : Math.min(nowMs() + settings.pauseMs, clock.momentOf(written.pausedUntilMs)),
    };
    const timeOf = (at: string | null): number | null => (at === null ? null : pastOf(Date.parse(at)));
    return makePoller({ matchKey, url: match.url, state, nowMs: nowMs(), history, lastAnswerAtMs: timeOf(match.polled_at), lastChangeAtMs: timeOf(match.updated_at) });
  }

  async function come(matchKey: string, wish: symbol): Promise<boolean> {
    // It may be unwanted in the meantime.
    const isWanted = (): boolean => coming.get(matchKey) === wish;
    try {
      const poller = isWanted() ? await load(matchKey) : null;
      if (poller === null || !isWanted()) return false;
      pollers.set(matchKey, poller);
      metrics.begin(matchKey);
      return true;
    } finally {
      if (isWanted()) coming.delete(matchKey);
      look();
    }
  }

  return {
    async want({ matchKey, url }) {
      const known = pollers.get(matchKey);
      const isThere = known !== undefined && !isLeaving(known);
      if (isThere) move(known, url);
      if (isThere || coming.has(matchKey) || isStopping) return false;
      const wish = Symbol(matchKey);
      coming.set(matchKey, wish);
      if (known === undefined) return await come(matchKey, wish);
      void known.gone.promise.then(() => come(matchKey, wish)).catch((error: unknown) => log.warn(notTaken(error), { match_id: matchKey }));
      return true;
    },
    async unwant(matchKey) {
      coming.delete(matchKey);
      const poller = pollers.get(matchKey);
      if (poller === undefined) return;
      if (poller.phase === "waiting") return forget(poller);
      end(poller, "stop", "recycle");
      await poller.gone.promise;
    },
    recycle(matchKey) {
      const poller = pollers.get(matchKey);
      if (poller === undefined) return false;
      if (poller.phase === "waiting") Object.assign(poller, { nextStartAtMs: nowMs(), pausedUntilMs: null, abnormalEndsMs: [] });
      else end(poller, "restart", "recycle");
      return true;
    },
    has(matchKey) {
      const poller = pollers.get(matchKey);
      return coming.has(matchKey) || (poller !== undefined && !isLeaving(poller));
    },
    async receive({ match_key, start_id, said }) {
      const poller = pollers.get(match_key);
      if (poller === undefined || poller.startId !== start_id) return false;
      const turn = poller.turn.then(async () => {
        // The state may have changed while earlier reports were taken.
        if (poller.startId !== start_id) return false;
        await receiveReport(poller, said, deps);
        return true;
      });
      poller.turn = turn.catch(() => undefined);
      return await turn;
    },
    views() {
      const measured = usages();
      return [...pollers.values()].map((poller) => viewPoller(poller, usageOf(poller, measured), settings, clock));
    },
    jobs: () => [...pollers.values()].map(({ matchKey, jobId }) => ({ matchKey, jobId })),
    look,
    async stop() {
      isStopping = true;
      coming.clear();
      const all = [...pollers.values()];
      for (const poller of all) {
        if (poller.phase === "waiting") forget(poller);
        else end(poller, "stop", "recycle");
      }
      await Promise.all(all.map(({ gone }) => gone.promise));
    },
  };
}
