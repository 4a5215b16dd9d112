import { DEFAULT_JOB_TYPE, type JobType } from "../src/model/index.ts";

/** A job type as the registrar would describe it, with all defaults. */
export function jobTypeOf(type: string, difference: Partial<JobType> = {}): JobType {
  return { ...DEFAULT_JOB_TYPE, type, kind: "module", moduleUrl: `file:///jobs/${type}.ts`, exportName: "default", ...difference };
}
