import type { MatchState } from "../emit/change.ts";
import type { RestartReason } from "./restart-rules.ts";

/** waiting: for its turn or the end of a pause. starting: its job is there, its process not yet. */
export type Phase = "waiting" | "starting" | "running" | "stopping";

/** One match that is to be polled, as the service keeps it. */
export interface Poller {
  readonly matchKey: string;
  url: string;
  phase: Phase;
  state: MatchState;
  /** The start that may report; null while there is none. */
  startId: string | null;
  jobId: string | null;
  startedAtMs: number | null;
  /** Its start, or when the service went on after it had been stopped itself. */
  heardSinceMs: number;
  lastHeartbeatAtMs: number | null;
  cpuPercent: number;
  rssBytes: number;
  /** Over all starts. */
  lastAnswerAtMs: number | null;
  lastChangeAtMs: number | null;
  /** When the match came to be polled: what its staleness counts from before the first answer. */
  readonly wantedAtMs: number;
  consecutiveErrors: number;
  totalErrors: number;
  totalUpdates: number;
  totalChanges: number;
  restarts: number;
  lastReason: RestartReason | string | null;
  abnormalEndsMs: readonly number[];
  pausedUntilMs: number | null;
  nextStartAtMs: number;
  /** Somebody or a rule has asked it to end. */
  ending: { readonly wish: "restart" | "stop"; readonly reason: RestartReason; readonly atMs: number } | null;
  /** It has said that its match is over. */
  isOver: boolean;
  hasWarnedOfPids: boolean;
  /** Reports are taken one after the other. */
  turn: Promise<unknown>;
  /** Resolved when it is gone for good. */
  readonly gone: PromiseWithResolvers<void>;
}

export interface PollerStart {
  readonly matchKey: string;
  readonly url: string;
  readonly state: MatchState;
  readonly nowMs: number;
  readonly history: { readonly restarts: number; readonly lastReason: string | null; readonly abnormalEndsMs: readonly number[]; readonly pausedUntilMs: number | null };
  readonly lastAnswerAtMs: number | null;
  readonly lastChangeAtMs: number | null;
}

export function makePoller({ matchKey, url, state, nowMs, history, lastAnswerAtMs, lastChangeAtMs }: PollerStart): Poller {
  const pausedUntilMs = history.pausedUntilMs !== null && history.pausedUntilMs > nowMs ? history.pausedUntilMs : null;
  return {
    matchKey,
    url,
    phase: "waiting",
    state,
    startId: null,
    jobId: null,
    startedAtMs: null,
    heardSinceMs: nowMs,
    lastHeartbeatAtMs: null,
    cpuPercent: 0,
    rssBytes: 0,
    lastAnswerAtMs,
    lastChangeAtMs,
    wantedAtMs: nowMs,
    consecutiveErrors: 0,
    totalErrors: 0,
    totalUpdates: 0,
    totalChanges: 0,
    restarts: history.restarts,
    lastReason: history.lastReason,
    abnormalEndsMs: history.abnormalEndsMs,
    pausedUntilMs,
    nextStartAtMs: pausedUntilMs ?? nowMs,
    ending: null,
    isOver: false,
    hasWarnedOfPids: false,
    turn: Promise.resolve(),
    gone: Promise.withResolvers<void>(),
  };
}
