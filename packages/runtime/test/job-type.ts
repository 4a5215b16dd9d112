import { DEFAULT_JOB_BUDGET, DEFAULT_RETRY, type JobType } from "../src/model/index.ts";

/** A job type as the registrar would describe it, with all defaults. */
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
