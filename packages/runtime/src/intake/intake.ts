import {
  CofferdamError,
  type Diversion,
  firstState,
  HIGH_MEMORY_LANE,
  suggestName,
  type BrokenModule,
  type JobType,
  type LaneRecord,
  type NewJob,
  type SizeGuard,
} from "../model/index.ts";
import { newId, type Chance, type Clock } from "../platform/index.ts";
import type { EnqueueRequest, RuntimePhase } from "../control/ports.ts";
import type { Crew } from "../supervisor/ports.ts";
import type { Backlog } from "./backlog.ts";
import { guardPeak } from "./peak-guard.ts";
import { guardSize } from "./size-guard.ts";
import type { PeakPrediction } from "../learning/ports.ts";
import { checkInput, checkRequest, findType, wordErrors } from "./check-request.ts";
import { activePause } from "./pause.ts";

/** Where a job comes from when nobody asked for it directly. */
export interface JobOrigin {
  readonly scheduleSlot: string | null;
  readonly retryOf: string | null;
}

const ASKED_FOR: JobOrigin = { scheduleSlot: null, retryOf: null };

export interface Intake {
  /** Checks the request, takes a place in its lane and completes it. Nothing is stored yet. */
  admit(request: EnqueueRequest, origin?: JobOrigin): Promise<NewJob>;
  /** The checks that do not depend on the moment: type, lane, sizes, schema. */
  check(request: EnqueueRequest): Promise<void>;
}

export interface IntakeDeps {
  readonly types: () => ReadonlyMap<string, JobType>;
  readonly broken: () => readonly BrokenModule[];
  readonly lanes: () => ReadonlyMap<string, LaneRecord>;
  readonly phase: () => RuntimePhase;
  readonly backlog: Backlog;
  /** The module's own schema, asked in a child process. */
  readonly validate: Crew["validate"];
  readonly clock: Clock;
  readonly chance: Chance;
  readonly inputBytesMax: number;
  /** For types that have none of their own. */
  readonly sizeGuard: SizeGuard;
  /** What this input is likely to need; null: nobody knows, or nobody asks. */
  predict(type: string, inputBytes: number): PeakPrediction | null;
}

interface CheckedRequest {
  readonly jobType: JobType;
  readonly lane: LaneRecord;
  readonly input: string;
}

export function createIntake(deps: IntakeDeps): Intake {
  async function checked(request: EnqueueRequest): Promise<CheckedRequest> {
    checkRequest(request);
    const jobType = findType(request.type, deps.types(), deps.broken());
    const lane = findLane(request.lane ?? jobType.lane, deps.lanes());
    const input = checkInput(request.input ?? "null", deps.inputBytesMax);
    if (jobType.validates) await askSchema(deps, jobType, input);
    return { jobType, lane, input };
  }

  function guard(jobType: JobType, lane: string, input: string): Diversion | null {
    const oversized = guardSize(jobType.sizeGuard ?? deps.sizeGuard, { input, lane, type: jobType.type });
    return oversized ?? guardPeak({ jobType, lane: deps.lanes().get(lane) ?? null, predict: (bytes) => deps.predict(jobType.type, bytes) }, input);
  }

  return {
    async check(request) {
      await checked(request);
    },
    async admit(request, origin = ASKED_FOR) {
      refuseUnlessOpen(deps.phase());
      const { jobType, lane, input } = await checked(request);
      // The schema may have taken a while: the lane is looked at as it is now.
      const diversion = guard(jobType, lane.name, input);
      const target = diversion?.kind === "route" ? HIGH_MEMORY_LANE : lane.name;
      await refuseUnlessRoom(deps, deps.lanes().get(target) ?? lane);
      const nowMs = deps.clock.nowMs();
      const job = {
        id: newId("job", nowMs, deps.chance),
        type: jobType.type,
        lane: target,
        input,
        priority: request.priority ?? jobType.priority,
        runAtMs: Math.round(request.runAtMs ?? nowMs),
        createdAtMs: nowMs,
        uniqueKey: request.uniqueKey ?? null,
        tags: [...new Set(request.tags)],
        ...origin,
        diversion,
      };
      return { ...job, answer: request.answer?.({ id: job.id, state: firstState(job), deduplicated: false }) ?? null };
    },
  };
}

function refuseUnlessOpen(phase: RuntimePhase): void {
  if (phase === "running") return;
  if (phase === "starting") throw new CofferdamError("starting", "the runtime is still starting", { retryAfterSeconds: 1, hint: "Try again in a second." });
  throw new CofferdamError("draining", "the runtime is shutting down and takes no more work", { retryAfterSeconds: 5, hint: "Try again once it has been started again." });
}

async function refuseUnlessRoom(deps: IntakeDeps, lane: LaneRecord): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const paused = activePause(lane.intakePaused, nowMs);
  if (paused !== null) {
    throw new CofferdamError("intake_paused", `lane ${lane.name} takes no work: ${paused.reason}`, {
      retryAfterSeconds: paused.untilMs === null ? 60 : Math.max(1, Math.ceil((paused.untilMs - nowMs) / 1000)),
      hint: `cofferdam resume ${lane.name} --intake`,
    });
  }
  if (!(await deps.backlog.take(lane.name))) {
    throw new CofferdamError("lane_full", `lane ${lane.name} has as many waiting jobs as it may have`, {
      retryAfterSeconds: 10,
      hint: "Try again later, or raise laneBacklogMax.",
    });
  }
}

function findLane(name: string, lanes: ReadonlyMap<string, LaneRecord>): LaneRecord {
  const lane = lanes.get(name);
  if (lane !== undefined) return lane;
  throw new CofferdamError("unknown_lane", `there is no lane ${JSON.stringify(name)}${suggestName(name, [...lanes.keys()])}`, {
    hint: `Lanes are: ${[...lanes.keys()].sort().join(", ")}.`,
    errors: [{ pointer: "/lane", detail: "no such lane" }],
  });
}

async function askSchema(deps: IntakeDeps, jobType: JobType, input: string): Promise<void> {
  const outcome = await deps.validate(jobType, input);
  if (outcome.ok) return;
  const errors = outcome.errors.map(({ pointer, detail }) => ({ pointer: `/input${pointer}`, detail }));
  throw new CofferdamError("invalid_input", `the input does not match the schema of ${jobType.type}: ${wordErrors(errors)}`, { errors });
}
