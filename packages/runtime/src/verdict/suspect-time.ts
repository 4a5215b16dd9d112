import { formatDuration, type AttemptEvidence, type Fact, type Hypothesis } from "../model/index.ts";
import { fact, wallFact } from "./facts.ts";
import { judge } from "./suspect.ts";

/** Limits that people set elsewhere, seconds: a proxy's, a scheduler's, `timeout`'s. */
const ROUND_SECONDS = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400];
const ROUND_TOLERANCE = 0.02;
const LIMIT_SIGNALS: Readonly<Record<string, string>> = {
  SIGXCPU: "RLIMIT_CPU",
  SIGALRM: "an alarm of its own",
  SIGVTALRM: "a CPU timer of its own",
  SIGPROF: "a CPU timer of its own",
};

/** Was it a time limit: ours, which is on record, or somebody else's, which only its signal or its regularity can show? */
export function timeLimit(evidence: AttemptEvidence): Hypothesis {
  const { intent, usage, budget, exit } = evidence;
  const text = "A time limit ended it.";
  if (intent?.kind === "time") return judge("time-limit", text, { for: [fact("time limit, ms", intent.limit, "journal: intent"), wallFact(usage)], against: [], says: "proven" });
  const against: Fact[] = [fact("no time limit of Cofferdam's is on record", intent === null ? "no intent" : `intent: ${intent.kind}`, "journal: intent")];
  if (budget.timeMs !== null) against.push(fact("time budget", formatDuration(budget.timeMs), "budget"), wallFact(usage));
  const limiter = exit?.signal == null ? undefined : LIMIT_SIGNALS[exit.signal];
  if (limiter !== undefined) return judge("time-limit", text, { for: [fact(`the signal of ${limiter}`, exit?.signal ?? null, "exit status")], against, says: "likely" });
  if (intent !== null) return judge("time-limit", text, { for: [], against, says: "ruled-out" });
  return judge("time-limit", text, { for: roundFacts(evidence), against, says: null });
}

/** Somebody else's limit shows itself by a round time. */
function roundFacts({ usage, exit }: AttemptEvidence): readonly Fact[] {
  const round = ROUND_SECONDS.find((seconds) => Math.abs(usage.wallSeconds - seconds) < seconds * ROUND_TOLERANCE);
  if (round === undefined || (exit?.signal !== "SIGTERM" && exit?.signal !== "SIGKILL")) return [];
  return [fact(`it ended after close to ${formatDuration(round * 1000)}, as limits of others are set`, usage.wallSeconds, "supervisor clock")];
}
