import type { ResolvedConfig } from "./config/index.ts";
import type { LaneBook } from "./control/index.ts";
import { createStartWatch, openHealer, type Healer, type HealingRule, type StartWatch, type TripScope } from "./healing/index.ts";
import type { JobType, LaneRecord, RuntimeEvent, Trip } from "./model/index.ts";
import type { Clock, Logger } from "./platform/index.ts";
import type { Store } from "./store/index.ts";

/** Lanes and types as dispatch sees them: smaller while something is held back. */
export interface HeldBack {
  lanes(): readonly LaneRecord[];
  types(): ReadonlyMap<string, JobType>;
  /** What is held back has changed. */
  changed(): void;
}

/** Nearly always nothing is held back: then the lists are the ones that there are. */
function holdBack(deps: { readonly lanes: LaneBook; types(): ReadonlyMap<string, JobType>; readonly healer: Healer; readonly starts: StartWatch }): HeldBack {
  let known: ReadonlyMap<string, JobType> | null = null;
  let limited: ReadonlyMap<string, JobType> = new Map();

  function limitedType(jobType: JobType): JobType {
    return withConcurrency(jobType, deps.healer.limit("type", jobType.type, jobType.concurrency));
  }

  function limitedLane(lane: LaneRecord): LaneRecord {
    return withConcurrency(lane, deps.healer.limit("lane", lane.name, lane.concurrency) ?? lane.concurrency);
  }

  return {
    lanes() {
      if (deps.starts.isHolding()) return [];
      return [...deps.lanes.all().values()].map(limitedLane);
    },
    types() {
      const types = deps.types();
      if (known !== types) {
        known = types;
        limited = new Map([...types].map(([name, jobType]) => [name, limitedType(jobType)]));
      }
      return limited;
    },
    changed() {
      known = null;
    },
  };
}

/** The longest pause of a lane that trips again and again, as a multiple of the first one. */
const COOLDOWN_FACTOR_MAX = 20;

function healingRule({ windowMs, minimum, share, cooldownMs, observeMs }: NonNullable<ResolvedConfig["healing"]>): HealingRule {
  return { intensity: { windowMs, minimum, share }, cooldownMs, cooldownMsMax: cooldownMs * COOLDOWN_FACTOR_MAX, observeMs };
}

/** The same object where nothing changes, which is nearly always. */
function withConcurrency<Limited extends { readonly concurrency: number | null }>(limited: Limited, concurrency: Limited["concurrency"]): Limited {
  return concurrency === limited.concurrency ? limited : { ...limited, concurrency };
}

export interface HealthDeps {
  readonly rule: ResolvedConfig["healing"];
  readonly lanes: LaneBook;
  types(): ReadonlyMap<string, JobType>;
  readonly clock: Clock;
  readonly store: Store;
  readonly logger: Logger;
  publish(event: RuntimeEvent): void;
  /** A lane or type has tripped. */
  onTrip(trip: Trip): void;
  /** What may be started has changed. */
  onChange(): void;
  /** Starts the warm workers that are missing. */
  refill(): void;
}

export interface Health {
  readonly healer: Healer;
  readonly starts: StartWatch;
  readonly heldBack: HeldBack;
  /** See `Runtime.failed`. */
  readonly failed: Promise<string>;
  close(): void;
}

/** Brings together what holds lanes, types and workers back. */
export async function openHealth({ rule, lanes, types, clock, store, logger, publish, onTrip, onChange, refill }: HealthDeps): Promise<Health> {
  const failed = Promise.withResolvers<string>();
  const full = (scope: TripScope, name: string): number =>
    scope === "lane" ? concurrencyOf(lanes, name) : (types().get(name)?.concurrency ?? concurrencyOf(lanes, types().get(name)?.lane ?? ""));
  const healer: Healer = await openHealer({
    clock,
    journal: store,
    rule: rule === null ? null : healingRule(rule),
    full,
    publish,
    onTrip,
    onChange() {
      heldBack.changed();
      onChange();
    },
    onError: (error) => logger.error({ err: error }, "a trip could not be stored: it is forgotten by a restart"),
  });
  const starts = createStartWatch({
    clock,
    publish,
    onRelease() {
      refill();
      onChange();
    },
    onGiveUp: (reason) => failed.resolve(reason),
  });
  const heldBack = holdBack({ lanes, types, healer, starts });
  return {
    healer,
    starts,
    heldBack,
    failed: failed.promise,
    close() {
      healer.close();
      starts.close();
    },
  };
}

function concurrencyOf(lanes: LaneBook, lane: string): number {
  return lanes.all().get(lane)?.concurrency ?? 1;
}
