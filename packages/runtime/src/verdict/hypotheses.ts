import type { AttemptEvidence, Cause, Hypothesis, Verdict } from "../model/index.ts";
import { databaseLock } from "./suspect-lock.ts";
import { endlessLoop } from "./suspect-loop.ts";
import { memoryExhaustion } from "./suspect-memory.ts";
import { oversizedInput } from "./suspect-input.ts";
import { timeLimit } from "./suspect-time.ts";

/** Ends that do not say by themselves what was behind them. */
const SILENT: ReadonlySet<Cause> = new Set(["killed", "lost", "over-time", "stalled", "blocked"]);

const SUSPECTS = [memoryExhaustion, timeLimit, databaseLock, oversizedInput, endlessLoop] as const;

/** The five usual suspects of a silent death, each judged by the evidence; always all five, in the same order. Other ends have nothing to be judged. */
export function judgeSuspects(evidence: AttemptEvidence, verdict: Verdict): readonly Hypothesis[] {
  return SILENT.has(verdict.cause) ? SUSPECTS.map((judge) => judge(evidence)) : [];
}
