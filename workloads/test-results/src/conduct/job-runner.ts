import type { JobTypeName } from "../work/types.ts";

/** How a job of the runtime ended, as far as the workload cares. */
export type JobEnd =
  | { readonly kind: "succeeded"; readonly result: unknown }
  | {
      readonly kind: "failed" | "quarantined";
      /** The runtime's cause, or the workload's own where the job said it. */
      readonly cause: string;
      readonly summary: string;
    };

export interface RunOptions {
  readonly key: string;
  /** Whether a job with this key that waits in quarantine may go: then this one takes its place. Otherwise its end is answered once more. */
  readonly released?: boolean;
}

export interface JobRunner {
  /** Resolves when the job has ended for good. One with this key and this very input that waits or runs is joined; one with another input is waited for. */
  run(type: JobTypeName, input: object, options: RunOptions): Promise<JobEnd>;
}
