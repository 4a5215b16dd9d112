import type { AttemptEvidence, Fact, Hypothesis } from "../model/index.ts";
import { fact } from "./facts.ts";
import { judge } from "./suspect.ts";

/** An input below this is not what a program dies of by its size. */
const HARMLESS_BYTES = 16 * 1024;
/** Parsed, JSON takes several times its size. */
const PARSED_TIMES = 8;
const CLEARLY = 2;
/** So many inputs make it known what is usual. */
const KNOWN_COUNT = 5;

/** Was the input larger than what this job can deal with? Compared with the inputs of its type that succeeded lately. */
export function oversizedInput({ autopsy, budget, progress }: AttemptEvidence): Hypothesis {
  const text = "Its input was larger than it can deal with.";
  const input = autopsy?.input ?? null;
  if (input === null) return judge("oversized-input", text, { for: [], against: [], says: null });
  const size = fact("size of the input, bytes", input.bytes, "queue: input");
  const { typical } = input;
  const usual: readonly Fact[] =
    typical === null
      ? []
      : [
          fact(`largest of ${typical.count} inputs that succeeded, bytes`, typical.maxBytes, "queue: inputs"),
          fact("95 % of them were at most, bytes", typical.p95Bytes, "queue: inputs"),
        ];
  if (input.bytes <= HARMLESS_BYTES) return judge("oversized-input", text, { for: [], against: [size, ...usual], says: "ruled-out" });
  const isKnown = typical !== null && typical.count >= KNOWN_COUNT;
  if (isKnown && input.bytes <= typical.p95Bytes) return judge("oversized-input", text, { for: [], against: [size, ...usual], says: "ruled-out" });
  const isLarge = isKnown && input.bytes > typical.maxBytes * CLEARLY;
  const fillsBudget = budget.memoryBytes !== null && input.bytes * PARSED_TIMES > budget.memoryBytes;
  const supports: Fact[] = [];
  if (isLarge || (isKnown && input.bytes > typical.p95Bytes)) supports.push(size, ...usual);
  if (fillsBudget) supports.push(fact(`parsed, it may take about ${PARSED_TIMES} times its size; memory budget, bytes`, budget.memoryBytes, "budget"));
  if (supports.length > 0 && progress === null) supports.push(fact("it ended before it reported any progress", true, "job progress"));
  return judge("oversized-input", text, { for: supports, against: supports.length > 0 ? [] : [size, ...usual], says: isLarge ? "likely" : null });
}
