import type { Intent, Leak } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";

/** The rungs, as the ladder needs them. Every one is bounded by the ladder itself. */
export interface LadderTarget {
  /** Makes the intent durable; a signal is sent only after it (or after 250 ms). */
  recordIntent(intent: Intent): Promise<void>;
  /** Asks the program to end by itself. */
  ask(intent: Intent, graceMs: number): void;
  /** Resolves when the program has ended by itself. */
  readonly ended: Promise<unknown>;
  /** Whether it could hear us: false for a loop that is blocked or a tree that is stopped. */
  canHear(): boolean;
  /** Takes the stack of a blocked loop; null when there is none to take. */
  captureStack: (() => Promise<void>) | null;
  endTree(): Promise<readonly Leak[]>;
}

const RECORD_TIMEOUT_MS = 250;
const CAPTURE_TIMEOUT_MS = 60_000;

/** Ends an attempt: record, ask, capture, end, verify. @returns what the kernel has not ended yet. */
export async function climbDown(target: LadderTarget, intent: Intent, graceMs: number, clock: Clock): Promise<readonly Leak[]> {
  await bounded(target.recordIntent(intent), RECORD_TIMEOUT_MS, clock);
  if (asksFirst(intent) && graceMs > 0 && target.canHear()) {
    target.ask(intent, graceMs);
    await bounded(target.ended, graceMs, clock);
  }
  if (target.captureStack !== null && mayBeBlocked(intent) && (intent.kind === "block" || !target.canHear())) await bounded(target.captureStack(), CAPTURE_TIMEOUT_MS, clock);
  return target.endTree();
}

/** Memory, pids and output cannot wait; a blocked loop cannot hear. */
function asksFirst(intent: Intent): boolean {
  return intent.kind === "time" || intent.kind === "stall" || intent.kind === "drain" || (intent.kind === "cancel" && intent.mode === "graceful");
}

function mayBeBlocked(intent: Intent): boolean {
  return intent.kind === "time" || intent.kind === "stall" || intent.kind === "block" || intent.kind === "cancel" || intent.kind === "drain";
}

/** Waits for the promise, but never longer; a rejection counts as an answer. Leaves no timer behind. */
export function bounded(promise: Promise<unknown>, timeoutMs: number, clock: Clock): Promise<"answered" | "timed-out"> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => resolve("timed-out"));
    const answer = (): void => {
      cancel();
      resolve("answered");
    };
    promise.then(answer, answer);
  });
}

/** What it resolves with; null when it took longer, or rejected. */
export async function valueWithin<Value>(promise: Promise<Value>, timeoutMs: number, clock: Clock): Promise<Value | null> {
  const result: { value: Value | null } = { value: null };
  await bounded(
    promise.then((value) => {
      result.value = value;
    }),
    timeoutMs,
    clock,
  );
  return result.value;
}
