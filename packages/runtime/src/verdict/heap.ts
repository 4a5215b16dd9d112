import { formatBytes, type AttemptEvidence, type Confidence, type Fact, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { exitFacts, fact, memoryFact } from "./facts.ts";
import { lastWords } from "./last-words.ts";

const HEAP_LINE = /heap out of memory|Fatal (?:process|JavaScript) out of memory/i;
const V8_LINE = /FATAL ERROR: .*out of memory|# Fatal (?:process|JavaScript) out of memory/i;
const SIZE_LINE = /Fatal JavaScript invalid size error\s*(\d+)?/;

/** V8 itself gave up: on the heap as a whole, or on one structure that is larger than it can hold. */
export function ranOutOfHeap(evidence: AttemptEvidence): Verdict | null {
  return heapFull(evidence) ?? structureTooLarge(evidence);
}

function heapFull(evidence: AttemptEvidence): Verdict | null {
  const said = saidByV8(evidence);
  if (said === null || !aborted(evidence)) return null;
  return conclude({
    cause: "out-of-heap",
    summary: `The JavaScript heap was full${heapNumbers(evidence)}: V8 ended the process.`,
    confidence: said.confidence,
    evidence: [...exitFacts(evidence.exit), ...said.facts, ...memoryFacts(evidence)],
  });
}

/**
 * What V8 said of a full heap: in its report, which is the worker's own, or as the last words in the log of a process that it aborted; null when it said nothing.
 * The same words in the log of any other process are a child's, or quoted.
 */
export function saidByV8(evidence: AttemptEvidence): { readonly confidence: Confidence; readonly facts: readonly Fact[] } | null {
  const { fatalReport, logTail } = evidence;
  const isReported = fatalReport !== null && (/OOMError/.test(fatalReport.trigger) || HEAP_LINE.test(fatalReport.event));
  const words = isReported || abortsWithoutReport(evidence) ? lastWords(logTail, V8_LINE) : null;
  if (!isReported && words === null) return null;
  const facts = isReported ? [...reportFacts(evidence)] : [];
  if (words !== null) facts.push(fact("V8's last words", words, "log"));
  return { confidence: isReported ? "certain" : "likely", facts };
}

/** A line of the log that speaks of a full heap, whoever wrote it. */
export function heapLine({ logTail }: AttemptEvidence): string | null {
  return logTail.findLast((text) => HEAP_LINE.test(text))?.trim() ?? null;
}

export function memoryFacts({ usage, budget }: AttemptEvidence): readonly Fact[] {
  return [memoryFact(usage), fact("memory budget, bytes", budget.memoryBytes, "budget")];
}

/** A shell between us and node turns SIGABRT into 134 (SIGTRAP into 133): believed here only because V8's own words stand beside it. */
function aborted({ exit, report }: AttemptEvidence): boolean {
  return (
    exit !== null && report?.kind !== "exiting" && (exit.signal === "SIGABRT" || exit.signal === "SIGTRAP" || exit.signal === "SIGILL" || exit.code === 134 || exit.code === 133)
  );
}

/** A worker's Node writes its report before it aborts: SIGABRT without one is another's. Where V8 gives up without asking Node it traps, and there is no report. */
function abortsWithoutReport(evidence: AttemptEvidence): boolean {
  const signal = evidence.exit?.signal;
  return aborted(evidence) && (evidence.kind === "command" || signal === "SIGTRAP" || signal === "SIGILL");
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
  const words = abortsWithoutReport(evidence) ? lastWords(evidence.logTail, SIZE_LINE) : null;
  if (words === null) return null;
  const size = SIZE_LINE.exec(words)?.[1];
  return conclude({
    cause: "out-of-heap",
    summary: `One structure${size === undefined ? "" : ` of ${size} elements`} is larger than V8 can hold: V8 ended the process; a larger heap does not help.`,
    confidence: "likely",
    evidence: [
      ...exitFacts(evidence.exit),
      fact("V8's last words", words, "log"),
      fact("elements of the structure that V8 refused", size ?? "not told", "log"),
      memoryFact(evidence.usage),
    ],
  });
}
