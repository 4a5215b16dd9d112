import type { BreakerAnswer, BreakerAsk } from "../model/index.ts";

/** A worker asks about a breaker, or says what it found. `request` numbers the questions of one worker. */
export interface BreakerQuestion {
  readonly kind: "breaker";
  readonly request: number;
  readonly attemptId: string;
  readonly key: string;
  readonly ask: BreakerAsk;
}

/** `isClean`: closed and without failures, so that a success need not be told. */
export type BreakerReply =
  | { readonly kind: "breaker-answer"; readonly request: number; readonly ok: true; readonly answer: BreakerAnswer; readonly isClean: boolean }
  | { readonly kind: "breaker-answer"; readonly request: number; readonly ok: false; readonly message: string };

/** Told to every worker that has ever asked. */
export interface BreakerNews {
  readonly kind: "breaker-changed";
  readonly key: string;
  readonly state: BreakerAnswer["state"];
  readonly untilMs: number | null;
  readonly evidence: string | null;
  readonly isClean: boolean;
}
