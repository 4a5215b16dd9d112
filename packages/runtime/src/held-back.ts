import type { ResolvedConfig } from "./config/index.ts";
import type { LaneBook } from "./control/index.ts";
import type { Healer, HealingRule, StartWatch } from "./healing/index.ts";
import type { JobType, LaneRecord } from "./model/index.ts";

/** Lanes and types as dispatch sees them: smaller while something is held back. */
export interface HeldBack {
  lanes(): readonly LaneRecord[];
  types(): ReadonlyMap<string, JobType>;
  /** What is held back has changed. */
  changed(): void;
}

/** Nearly always nothing is held back: then the lists are the ones that there are. */
export function holdBack(deps: { readonly lanes: LaneBook; types(): ReadonlyMap<string, JobType>; readonly healer: Healer; readonly starts: StartWatch }): HeldBack {
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

export function healingRule({ windowMs, minimum, share, cooldownMs, observeMs }: NonNullable<ResolvedConfig["healing"]>): HealingRule {
  return { intensity: { windowMs, minimum, share }, cooldownMs, cooldownMsMax: cooldownMs * COOLDOWN_FACTOR_MAX, observeMs };
}

/** The same object where nothing changes, which is nearly always. */
function withConcurrency<Limited extends { readonly concurrency: number | null }>(limited: Limited, concurrency: Limited["concurrency"]): Limited {
  return concurrency === limited.concurrency ? limited : { ...limited, concurrency };
}
