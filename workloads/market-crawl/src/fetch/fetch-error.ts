export type FetchProblem = "status" | "timeout" | "network" | "oversize" | "redirects" | "address" | "robots";

/** A page that could not be had, and why. */
export class FetchError extends Error {
  override readonly name = "FetchError";
  readonly problem: FetchProblem;

  constructor(problem: FetchProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}
