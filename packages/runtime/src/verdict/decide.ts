import type { AttemptEvidence, Verdict } from "../model/index.ts";
import { crashedBySignal, killedBySignal } from "./signal.ts";
import { endedByIntent } from "./intent.ts";
import { exitedByItself, unobservedEnd } from "./exit.ts";
import { hitKernelLimit } from "./kernel.ts";
import { judgeSuspects } from "./hypotheses.ts";
import { lostWithOwner } from "./lost.ts";
import { neverStarted } from "./launch.ts";
import { ranOutOfHeap } from "./heap.ts";
import { ranOutOfThreads } from "./scarcity.ts";
import { saidAnError } from "./thrown.ts";
import { ranOutDuringSnapshot, withSnapshot } from "./snapshot.ts";
import { withStage } from "./stage.ts";
import { succeeded } from "./success.ts";

/** A rule names the cause or passes. */
type Rule = (evidence: AttemptEvidence) => Verdict | null;

/** The first rule that speaks decides. What we did ourselves comes first, what the program said next, what we only saw last. */
const RULES: readonly Rule[] = [
  neverStarted,
  ranOutDuringSnapshot,
  endedByIntent,
  lostWithOwner,
  succeeded,
  hitKernelLimit,
  saidAnError,
  ranOutOfHeap,
  ranOutOfThreads,
  crashedBySignal,
  killedBySignal,
  exitedByItself,
];

/**
 * Names why an attempt ended. Total and deterministic: always exactly one cause, never a throw.
 * Rule zero: an intent recorded before the signal decides; counters speak only as rises; no cause that the evidence does not support.
 * @example decideVerdict(evidence).cause // "over-memory"
 */
export function decideVerdict(evidence: AttemptEvidence): Verdict {
  for (const rule of RULES) {
    const verdict = rule(evidence);
    if (verdict !== null) return complete(verdict, evidence);
  }
  return complete(unobservedEnd(evidence), evidence);
}

/** What every verdict has, whichever rule spoke: the stage, the snapshot of its heap, and the usual suspects of an end that does not explain itself. */
function complete(verdict: Verdict, evidence: AttemptEvidence): Verdict {
  const staged = withSnapshot(withStage(verdict, evidence), evidence);
  const suspects = judgeSuspects(evidence, staged);
  return suspects.length === 0 ? staged : { ...staged, hypotheses: [...staged.hypotheses, ...suspects] };
}
