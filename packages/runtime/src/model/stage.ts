/** A stage of an attempt as the supervisor knew it: a named part of the work with a time budget of its own. */
export interface StageSighting {
  /** With the names of the stages around it: "crawl > goto". */
  readonly name: string;
  readonly budgetMs: number;
  readonly elapsedMs: number;
  /** open: its function runs. cut: its time was over, and its function had not yet returned. timed-out: its time was over, and its function returned then. */
  readonly state: "open" | "cut" | "timed-out";
}

/** The `code` of the error with which a stage rejects whose time is over. */
export const STAGE_TIMEOUT_CODE = "stage_timeout";
