import type { JobTypeName } from "../work/types.ts";

/** How a job of the runtime ended, as far as the workload cares. */
export type JobEnd =
  | { readonly kind: "succeeded"; readonly result: unknown }
  | {
      readonly kind: "failed" | "quarantined";
      /** The runtime's cause, or the workload's own where the job said it. */
      readonly cause: string;
      readonly summary: string;
      readonly runtimeJobId: string | null;
    };

export interface JobRunner {
  /** Resolves when the job has ended for good. While one with this key waits or runs, it is joined. */
  run(type: JobTypeName, input: object, options: { readonly key: string }): Promise<JobEnd>;
  /** Ends a quarantined job of the runtime for good. */
  discard(runtimeJobId: string): Promise<void>;
}
