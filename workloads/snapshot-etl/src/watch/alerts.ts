import { breaks, FAILURE_SHARE_MAX, FAILURE_WINDOW_MS, failureShare, RESTART_WINDOW_MS, RESTARTS_MAX, restartsLately, BREAKER_JOBS, type Moment } from "./windows.ts";

export type AlertName = "failure_rate" | "worker_restarts" | "type_paused" | "quarantined" | "dead_letter" | "backfill_paused" | "archive_failed";

export interface Alert {
  readonly name: AlertName;
  readonly message: string;
  readonly atMs: number;
}

export interface AlertPorts {
  readonly nowMs: () => number;
  /** Told once, when an alert is raised. */
  readonly raise: (alert: Alert) => void;
  /** More than half of a type's last jobs failed. */
  readonly trip: (type: string) => void;
}

export interface Alerts {
  ended(type: string, failed: boolean): void;
  workerDied(): void;
  tell(name: AlertName, message: string): void;
  forgetType(type: string): void;
  /** What is wrong now, and single events of the last hour. */
  active(): readonly Alert[];
  restarts(): number;
  /** Failed of all jobs of a type in the last five minutes, 0 to 1. */
  failedShare(type: string): number;
}

const EVENT_MS = 60 * 60_000;
const KEPT = 100;

/** Watches what ends and raises alerts by rule; keeps only what the rules look at. */
export function createAlerts(ports: AlertPorts): Alerts {
  let moments: Moment[] = [];
  let restarts: number[] = [];
  let events: Alert[] = [];
  const lastByType = new Map<string, boolean[]>();
  /** Conditions that hold, since when: raised once, and again when they come back. */
  const holding = new Map<AlertName, Alert>();

  function hold(name: AlertName, holds: boolean, message: string): void {
    if (!holds) return void holding.delete(name);
    if (holding.has(name)) return;
    const alert = { name, message, atMs: ports.nowMs() };
    holding.set(name, alert);
    ports.raise(alert);
  }

  function look(): void {
    const now = ports.nowMs();
    moments = moments.filter(({ atMs }) => now - atMs <= FAILURE_WINDOW_MS);
    restarts = restarts.filter((atMs) => now - atMs <= RESTART_WINDOW_MS);
    const share = failureShare(moments, now);
    hold("failure_rate", share > FAILURE_SHARE_MAX, `${(share * 100).toFixed(1)} % of the snapshots of the last 5 minutes failed`);
    const lately = restartsLately(restarts, now);
    hold("worker_restarts", lately > RESTARTS_MAX, `${lately} workers died in the last 10 minutes`);
  }

  function tell(name: AlertName, message: string): void {
    const alert = { name, message, atMs: ports.nowMs() };
    events = [...events, alert].slice(-KEPT);
    ports.raise(alert);
  }

  return {
    tell,
    ended(type, failed) {
      moments.push({ type, atMs: ports.nowMs(), failed });
      const last = [...(lastByType.get(type) ?? []), failed].slice(-BREAKER_JOBS);
      lastByType.set(type, last);
      if (breaks(last)) {
        lastByType.delete(type);
        ports.trip(type);
      }
      look();
    },
    workerDied() {
      restarts.push(ports.nowMs());
      look();
    },
    forgetType: (type) => void lastByType.delete(type),
    active() {
      look();
      events = events.filter(({ atMs }) => ports.nowMs() - atMs <= EVENT_MS);
      return [...holding.values(), ...events];
    },
    failedShare: (type) =>
      failureShare(
        moments.filter((moment) => moment.type === type),
        ports.nowMs(),
      ),
    restarts: () => restartsLately(restarts, ports.nowMs()),
  };
}
