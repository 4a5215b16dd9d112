import type { ResolvedConfig } from "./config/index.ts";
import { createPressureWatch, type MemoryOptions, type PressureWatch } from "./dispatch/index.ts";
import { findMachineMemory } from "./governor/index.ts";
import { budgetInLane, HIGH_MEMORY_LANE, type JobType, type LaneRecord, type MemoryLimit } from "./model/index.ts";
import type { Clock } from "./platform/index.ts";

const MARGIN_SHARE = 0.1;
const MARGIN_BYTES_MIN = 256 * 1024 ** 2;
/** Where services take everything a job still reserves something, so that it runs alone: what reserves nothing, nothing holds back. */
const CAPACITY_BYTES_MIN = 1;

/** The memory of this runtime: how much there is, how it is pressed, and how it is shared out. */
export interface MemoryPlan {
  readonly limit: MemoryLimit;
  readonly marginBytes: number;
  readonly capacityBytes: number;
  readonly watch: PressureWatch;
  readonly options: MemoryOptions;
}

export interface MemoryPlanDeps {
  readonly config: ResolvedConfig["memory"];
  readonly clock: Clock;
  /** What an attempt of this type needs in this lane; null when neither its budget nor its past tells. */
  needBytes(jobType: JobType, lane: string): number | null;
  /** What runs apart from dispatch and is not for attempts to reserve: the budgets of services. */
  apartBytes(): number;
}

/** Brings the machine's limit and the configuration together. Nothing is decided here: dispatch/admission.ts and dispatch/pressure.ts do. */
export function planMemory({ config, clock, needBytes, apartBytes }: MemoryPlanDeps): MemoryPlan {
  const machine = findMachineMemory();
  const limit: MemoryLimit = config.limitBytes === null ? machine.limit : { bytes: config.limitBytes, source: "configured" };
  const marginBytes = Math.min(limit.bytes / 2, config.marginBytes ?? Math.max(MARGIN_BYTES_MIN, Math.round(limit.bytes * MARGIN_SHARE)));
  const capacityBytes = Math.round(limit.bytes - marginBytes);
  // What the machine has left is measured against the machine, also when the runtime may plan with less.
  const watch = createPressureWatch({ clock, limitBytes: machine.limit.bytes, read: () => machine.read() });
  return {
    limit,
    marginBytes: Math.round(marginBytes),
    capacityBytes,
    watch,
    options: {
      rule: {
        get capacityBytes() {
          return Math.max(CAPACITY_BYTES_MIN, capacityBytes - apartBytes());
        },
        bypassMax: config.bypassMax,
        bypassMs: config.bypassMs,
      },
      needBytes: (jobType, lane) => needBytes(jobType, lane) ?? config.reservationBytes,
      gate: () => (config.gate && watch.now().level === "high" ? "closed" : "open"),
    },
  };
}

const HIGH_MEMORY_SHARE = 0.5;
const HIGH_MEMORY_BYTES_MIN = 1024 ** 3;

/** The configured lanes; the high-memory lane's ceiling, where none is written, comes from what this machine has. */
export function laneSettings(lanes: ResolvedConfig["lanes"], capacityBytes: number): ReadonlyMap<string, Pick<LaneRecord, "concurrency" | "memoryBytes">> {
  const ceiling = Math.min(capacityBytes, Math.max(Math.floor(capacityBytes * HIGH_MEMORY_SHARE), HIGH_MEMORY_BYTES_MIN));
  return new Map(lanes.map(({ name, concurrency, memoryBytes }) => [name, { concurrency, memoryBytes: memoryBytes ?? (name === HIGH_MEMORY_LANE ? ceiling : null) }]));
}

/** The type as it runs in this lane. The same object where the lane changes nothing, which is nearly always. */
export function typeInLane(jobType: JobType, lane: LaneRecord | null): JobType {
  const budget = budgetInLane(jobType.budget, lane?.memoryBytes ?? null);
  return budget === jobType.budget ? jobType : { ...jobType, budget };
}

/** What an attempt of this type needs in this lane; without a budget, what its past tells. Null: nobody knows. */
export function needOf(jobType: JobType, lane: LaneRecord | null, learned: (type: string) => number | null): number | null {
  const { memoryBytes } = budgetInLane(jobType.budget, lane?.memoryBytes ?? null);
  if (memoryBytes !== null) return memoryBytes;
  const past = learned(jobType.type);
  const ceiling = lane?.memoryBytes ?? null;
  return past === null || ceiling === null ? (past ?? ceiling) : Math.max(past, ceiling);
}
