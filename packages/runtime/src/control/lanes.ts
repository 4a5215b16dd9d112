import { assert, CofferdamError, suggestName, type LaneRecord } from "../model/index.ts";
import { activePause } from "../intake/index.ts";
import type { QueueCount } from "../store/ports.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control, LaneView } from "./ports.ts";

export const LANE_CONCURRENCY_MAX = 1000;

type LaneActions = Pick<Control, "lanes" | "pauseLane" | "resumeLane" | "setLaneConcurrency" | "ledger" | "trips" | "resumeTrip">;
type PauseField = "dispatchPaused" | "intakePaused";

const FIELDS: Readonly<Record<"dispatch" | "intake", PauseField>> = { dispatch: "dispatchPaused", intake: "intakePaused" };

export function createLaneActions(deps: ControlDeps): LaneActions {
  function find(name: string): LaneRecord {
    const lane = deps.lanes.all().get(name);
    if (lane !== undefined) return lane;
    throw new CofferdamError("lane_not_found", `there is no lane ${JSON.stringify(name)}${suggestName(name, [...deps.lanes.all().keys()])}`, {
      hint: "cofferdam lanes lists them.",
    });
  }

  async function view(name: string): Promise<LaneView> {
    return viewLane(deps, find(name), await deps.store.counts());
  }

  async function setPause(name: string, what: "dispatch" | "intake", pause: LaneRecord["dispatchPaused"]): Promise<LaneView> {
    await deps.lanes.change(find(name).name, { [FIELDS[what]]: pause });
    const change = `${what}-${pause === null ? "resumed" : "paused"}` as const;
    deps.events.publish({ kind: "lane.changed", atMs: deps.clock.nowMs(), lane: name, change, reason: pause?.reason ?? "" });
    deps.dispatch.wake();
    return view(name);
  }

  return {
    async lanes() {
      const counts = await deps.store.counts();
      return [...deps.lanes.all().values()].map((lane) => viewLane(deps, lane, counts));
    },
    async pauseLane(name, what, { reason, untilMs }) {
      const nowMs = deps.clock.nowMs();
      if (untilMs !== null && untilMs <= nowMs)
        throw new CofferdamError("invalid_request", "the pause would already be over", { errors: [{ pointer: "/until", detail: "is in the past" }] });
      return setPause(name, what, { reason, untilMs, atMs: nowMs });
    },
    async resumeLane(name, what, ramp = false) {
      if (what === "dispatch" && (ramp || deps.healer.trip("lane", name) !== null)) deps.healer.ramp("lane", find(name).name, "resumed step by step");
      return find(name)[FIELDS[what]] === null ? view(name) : setPause(name, what, null);
    },
    async setLaneConcurrency(name, concurrency) {
      const lane = find(name);
      if (!Number.isInteger(concurrency) || concurrency < 0 || concurrency > LANE_CONCURRENCY_MAX) {
        throw new CofferdamError("invalid_request", `the concurrency of a lane is a whole number from 0 to ${LANE_CONCURRENCY_MAX}`, {
          errors: [{ pointer: "/concurrency", detail: `${concurrency} is not` }],
          hint: "With 0 nothing is started; what runs goes on.",
        });
      }
      await deps.lanes.change(name, { concurrency });
      deps.events.publish({ kind: "lane.changed", atMs: deps.clock.nowMs(), lane: name, change: "concurrency", reason: `${lane.concurrency} -> ${concurrency}` });
      deps.dispatch.wake();
      return view(name);
    },
    trips: () => deps.healer.trips(),
    resumeTrip(scope, name) {
      if (deps.healer.trip(scope, name) === null)
        throw new CofferdamError("trip_not_found", `no ${scope} ${JSON.stringify(name)} is held back`, { hint: "cofferdam trips lists those that are." });
      deps.healer.ramp(scope, name, "resumed");
      const view = deps.healer.trip(scope, name);
      assert(view !== null, "what was resumed is ramping");
      return view;
    },
    ledger() {
      const { memory } = deps;
      const { rule: _, ...report } = memory.report();
      return {
        ...report,
        limit: memory.limit,
        marginBytes: memory.marginBytes,
        ...memory.reading(),
        pressure: memory.pressure(),
        usedBytes: deps.crew.measured().reduce((sum, worker) => sum + worker.memoryBytes, 0),
      };
    },
  };
}

function viewLane(deps: ControlDeps, lane: LaneRecord, counts: readonly QueueCount[]): LaneView {
  const nowMs = deps.clock.nowMs();
  const ready = counts.filter((count) => count.lane === lane.name && count.state === "ready");
  const oldest = ready.flatMap(({ oldestReadyMs }) => (oldestReadyMs === null ? [] : [oldestReadyMs]));
  return {
    ...lane,
    dispatchPaused: activePause(lane.dispatchPaused, nowMs),
    intakePaused: activePause(lane.intakePaused, nowMs),
    held: deps.healer.trip("lane", lane.name),
    running: deps.dispatch.runningInLane(lane.name),
    ready: ready.reduce((sum, { count }) => sum + count, 0),
    oldestReadyMs: oldest.length === 0 ? null : oldest.reduce((least, ms) => Math.min(least, ms)),
  };
}
