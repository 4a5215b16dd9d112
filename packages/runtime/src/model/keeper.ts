/** A process tree that a job leaves in its worker on purpose. */
export interface KeptProcess {
  /** Of its root; everything below belongs to it. */
  readonly pid: number;
  /** What it is, for people; at most 100 characters. */
  readonly what: string;
  /** Ends it and everything below. Called when it is given up: another job type comes, memory is short, it takes half of the budget. Has 3 s. Not called when the worker ends: then everything in it is killed. */
  end(reason: string): Promise<unknown>;
}

/**
 * Everything that outlives an attempt is a leak and is ended, except what was kept: idle, known by its root, of this type alone. It counts in the worker's memory and budget, is shown by `cofferdam ps`,
 * and ends with the worker at the latest. A kept process that somebody stopped (SIGSTOP) is a leak again.
 */
export interface Keeper {
  /** A directory of this worker that is not emptied between attempts, for what a kept process needs; removed with the worker. */
  readonly directory: string;
  /**
   * From now on it is idle and may outlive the attempt. False: it may not (the attempt is over, memory is short, eight are kept already), so end it.
   * @example if (!job.keeper?.keep({ pid: child.pid, what: "model server", end: () => stop(child) })) await stop(child);
   */
  keep(process: KeptProcess): boolean;
  /** It is in use again, or gone: what is left of it at the end of an attempt is a leak. */
  release(pid: number): void;
}
