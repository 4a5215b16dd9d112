import { TROUBLE_ENDS_MAX, type RuntimeEvent, type Trip, type Trouble, type TroubleEnd } from "../model/index.ts";
import { pause, type Clock } from "../platform/index.ts";
import type { IncidentPort } from "../store/ports.ts";
import { CALM, noteOpened, STORM_WINDOW_MS, type StormWatch } from "./breaker-storm.ts";
import { describeBreakerStorm, describeEscalation, describeTrip, describeWorkersFailing } from "./describe-trouble.ts";

export interface TroubleWatchDeps {
  readonly store: Pick<IncidentPort, "addTrouble">;
  readonly clock: Clock;
  readonly release: string | null;
  isService(type: string): boolean;
  publish(event: RuntimeEvent): void;
  onError(error: unknown): void;
}

/** Turns troubles that are more than one end into incidents. */
export interface TroubleWatch {
  tripped(trip: Trip): void;
  /** Ends of services, escalations, workers that do not start, breakers that open. */
  hear(event: RuntimeEvent): void;
  /** Resolves when everything has been written, or could not be. */
  stop(): Promise<void>;
}

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5000;

export function createTroubleWatch(deps: TroubleWatchDeps): TroubleWatch {
  const { store, clock, release } = deps;
  const serviceEnds = new Map<string, readonly TroubleEnd[]>();
  let storm: StormWatch = CALM;
  /** Workers fail in a row: one occurrence for the row. */
  let isFailingTold = false;
  let isStopping = false;
  let writing: Promise<void> = Promise.resolve();

  function record(trouble: Trouble): void {
    writing = writing.then(() => write(trouble));
  }

  /** Tries for as long as the runtime lives: a full disk must not hide that a lane was held back. */
  async function write(trouble: Trouble): Promise<void> {
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
      try {
        const outcome = await store.addTrouble(trouble);
        return tell(trouble, outcome);
      } catch (error) {
        if (pauseMs === PAUSE_MS_MIN || isStopping) {
          const detail = error instanceof Error ? error.message : String(error);
          deps.publish({ kind: "incident.unwritten", atMs: clock.nowMs(), incidentId: trouble.incidentId, jobId: null, detail });
          deps.onError(error);
        }
        if (isStopping) return;
        await pause(clock, pauseMs);
      }
    }
  }

  function tell({ incidentId, cause, scope, name, title, detail }: Trouble, outcome: "opened" | "recurred" | "regressed"): void {
    const last = detail.ends.at(-1);
    deps.publish({
      kind: `incident.${outcome}`,
      atMs: clock.nowMs(),
      incidentId,
      jobId: last?.jobId ?? null,
      attemptId: last?.attemptId ?? null,
      type: scope === "type" || scope === "service" ? name : null,
      lane: scope === "lane" ? name : (last?.lane ?? null),
      cause,
      title,
    });
  }

  function noteServiceEnd({ attemptId, jobId, type, lane, cause, incidentId, atMs }: Extract<RuntimeEvent, { kind: "attempt.ended" }>): void {
    if (!deps.isService(type)) return;
    const before = serviceEnds.get(type) ?? [];
    serviceEnds.set(type, [...before, { attemptId, jobId, type, lane, cause, incidentId, atMs }].slice(-TROUBLE_ENDS_MAX));
  }

  function noteBreaker({ key, by, atMs, evidence }: Extract<RuntimeEvent, { kind: `breaker.${string}` }>): void {
    const noted = noteOpened(storm, { key, by, atMs, evidence });
    storm = noted.watch;
    if (noted.storm !== null) record(describeBreakerStorm(noted.storm, STORM_WINDOW_MS, release));
  }

  return {
    tripped: (trip) => record(describeTrip(trip, release)),
    hear(event) {
      switch (event.kind) {
        case "attempt.ended":
          return noteServiceEnd(event);
        case "service.escalated":
          record(describeEscalation(event, serviceEnds.get(event.service) ?? [], release));
          serviceEnds.delete(event.service);
          return;
        case "service.started":
          serviceEnds.delete(event.service);
          return;
        case "workers.failing":
          // The first ones may be chance; from the first pause on it is a trouble.
          if (event.untilAtMs === null || isFailingTold) return;
          isFailingTold = true;
          return record(describeWorkersFailing(event, release));
        case "workers.recovered":
          isFailingTold = false;
          return;
        case "breaker.opened":
          return noteBreaker(event);
      }
    },
    async stop() {
      isStopping = true;
      await writing;
    },
  };
}
