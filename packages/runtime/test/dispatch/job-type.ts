import { DEFAULT_JOB_BUDGET, DEFAULT_RETRY, type JobType } from "../../src/model/index.ts";

export function jobTypeOf(type: string, difference: Partial<JobType> = {}): JobType {
  return {
    type,
    kind: "module",
    moduleUrl: `file:///jobs/${type}.ts`,
    exportName: "default",
    lane: "default",
    budget: DEFAULT_JOB_BUDGET,
    retry: DEFAULT_RETRY,
    sizeGuard: null,
    concurrency: null,
    isolation: "worker",
    priority: 0,
    graceMs: 2000,
    validates: false,
    inputJsonSchema: null,
    command: null,
    cwd: null,
    env: {},
    stdin: "none",
    schedules: [],
    description: "",
    ...difference,
  };
}

/** Small, fast, the same everywhere: the seed is the test. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
