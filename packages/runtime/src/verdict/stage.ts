import { formatDuration, STAGE_TIMEOUT_CODE, type AttemptEvidence, type Fact, type StageSighting, type Verdict } from "../model/index.ts";
import { fact } from "./facts.ts";

/** Says where the attempt was when it ended: in which stage, and whose time was over. A success needs no place. */
export function withStage(verdict: Verdict, evidence: AttemptEvidence): Verdict {
  const stages = evidence.stages ?? [];
  if (verdict.cause === "succeeded" || stages.length === 0) return verdict;
  const stage = stageOf(verdict, evidence, stages);
  const facts = stages.map(stageFact);
  return stage === null
    ? { ...verdict, evidence: [...verdict.evidence, ...facts] }
    : { ...verdict, stage, summary: withPlace(verdict.summary, stage), evidence: [...verdict.evidence, ...facts] };
}

function stageOf(verdict: Verdict, evidence: AttemptEvidence, stages: readonly StageSighting[]): string | null {
  if (evidence.intent !== null && "limit" in evidence.intent && evidence.intent.stage !== undefined) return evidence.intent.stage;
  if (verdict.error?.code === STAGE_TIMEOUT_CODE) return stages.find(({ state }) => state === "timed-out")?.name ?? null;
  return stages.findLast(({ state }) => state !== "timed-out")?.name ?? null;
}

/** Where the summary does not name the stage yet. The word beside the name: a path in the summary may well contain it. */
function withPlace(summary: string, stage: string): string {
  return summary.toLowerCase().includes(`stage ${stage.toLowerCase()} `) ? summary : `${summary} It was in stage ${stage}.`;
}

const WORDS: Readonly<Record<StageSighting["state"], string>> = {
  open: "stage that was open at the end",
  cut: "stage that did not return when its time was over",
  "timed-out": "stage whose time was over",
};

function stageFact({ name, budgetMs, elapsedMs, state }: StageSighting): Fact {
  return fact(WORDS[state], `${name}: ${formatDuration(elapsedMs)} of ${formatDuration(budgetMs)}`, "worker report: stages");
}
