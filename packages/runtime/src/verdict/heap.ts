import { formatBytes, type AttemptEvidence, type Confidence, type Fact, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, memoryFact } from "./facts.ts";

const HEAP_LINE = /heap out of memory|Fatal (?:process|JavaScript) out of memory/i;
const V8_LINE = /FATAL ERROR: .*out of memory|# Fatal (?:process|JavaScript) out of memory/i;
const SIZE_LINE = /Fatal JavaScript invalid size error\s*(\d+)?/;

/** V8 itself gave up: on the heap as a whole, or on one structure that is larger than it can hold. */
export function ranOutOfHeap(evidence: AttemptEvidence): Verdict | null {
  return heapFull(evidence) ?? structureTooLarge(evidence);
}

function heapFull(evidence: AttemptEvidence): Verdict | null {
  const said = saidByV8(evidence);
  if (said === null || !abortedByV8(evidence)) return null;
  return conclude({
    cause: "out-of-heap",
    summary: `The JavaScript heap was full${heapNumbers(evidence)}: V8 ended the process.`,
    confidence: said.confidence,
    evidence: [...exitFacts(evidence.exit), ...said.facts, ...memoryFacts(evidence)],
  });
}

/**
 * What V8 said of a full heap: in its report, which is the worker's own, or in the log of a process that it aborted; null when it said nothing.
 * The same words in the log of any other process are a child's, or quoted.
 */
export function saidByV8(evidence: AttemptEvidence): { readonly confidence: Confidence; readonly facts: readonly Fact[] } | null {
  const { fatalReport } = evidence;
  const isReported = fatalReport !== null && (/OOMError/.test(fatalReport.trigger) || HEAP_LINE.test(fatalReport.event));
  const line = heapLine(evidence);
  if (!isReported && (line === null || !abortedByV8(evidence))) return null;
  const facts = isReported ? [...reportFacts(evidence)] : [];
  if (line !== null) facts.push(fact("V8's last words", line, "log"));
  return { confidence: isReported || (line !== null && V8_LINE.test(line)) ? "certain" : "likely", facts };
}

/** A line of the log that speaks of a full heap, whoever wrote it. */
export function heapLine({ logTail }: AttemptEvidence): string | null {
  return logTail.find((text) => HEAP_LINE.test(text))?.trim() ?? null;
}

export function memoryFacts({ usage, budget }: AttemptEvidence): readonly Fact[] {
  return [memoryFact(usage), fact("memory budget, bytes", budget.memoryBytes, "budget")];
}

/** A shell between us and node turns SIGABRT into 134 (SIGTRAP into 133): believed here only because V8's own words stand beside it. */
function abortedByV8({ exit, report }: AttemptEvidence): boolean {
  return (
    exit !== null && report?.kind !== "exiting" && (exit.signal === "SIGABRT" || exit.signal === "SIGTRAP" || exit.signal === "SIGILL" || exit.code === 134 || exit.code === 133)
  );
}

/** " (70 MiB of 75 MiB)", or nothing. */
export function heapNumbers({ fatalReport }: AttemptEvidence): string {
  if (fatalReport?.heapUsedBytes == null) return "";
  const used = formatBytes(fatalReport.heapUsedBytes);
  return fatalReport.heapLimitBytes === null ? ` (${used})` : ` (${used} of ${formatBytes(fatalReport.heapLimitBytes)})`;
}

function reportFacts({ fatalReport }: AttemptEvidence): readonly Fact[] {
  if (fatalReport === null) return [];
  return [
    fact("event", fatalReport.event, fatalReport.source),
    fact("trigger", fatalReport.trigger, fatalReport.source),
    fact("heap used, bytes", fatalReport.heapUsedBytes, fatalReport.source),
    fact("heap limit, bytes", fatalReport.heapLimitBytes, fatalReport.source),
  ];
}

/**
 * Not a crash of native code: the program asked V8 for more than V8 ever gives to one array or string table, and V8 ended it on purpose.
 * It is V8's limit all the same, so the cause is out-of-heap; the summary says that a larger heap does not help.
 */
function structureTooLarge(evidence: AttemptEvidence): Verdict | null {
  if (!abortedByV8(evidence)) return null;
  const line = evidence.logTail.find((text) => SIZE_LINE.test(text));
  if (line === undefined) return null;
  const size = SIZE_LINE.exec(line)?.[1];
  return conclude({
    cause: "out-of-heap",
    summary: `One structure${size === undefined ? "" : ` of ${size} elements`} is larger than V8 can hold: V8 ended the process; a larger heap does not help.`,
    confidence: "certain",
    evidence: [
      ...exitFacts(evidence.exit),
      fact("V8's last words", line.trim(), "log"),
      fact("elements of the structure that V8 refused", size ?? "not told", "log"),
      memoryFact(evidence.usage),
    ],
  });
}
