import { formatBytes, formatDuration, type AttemptEvidence, type Fact, type HeldHeap, type Intent, type Verdict } from "../model/index.ts";
import { conclude } from "./conclude.ts";
import { fact, kernelFacts } from "./facts.ts";
import { heapLine, heapNumbers, memoryFacts, saidByV8 } from "./heap.ts";
import { snapshotOf } from "./snapshot.ts";

/** V8 gives up by itself when four collections in a row leave more than 80 % of the heap in use. */
const NEARLY_FULL_SHARE = 0.7;
/** A thread that collects for half of its time does not get on with its work. */
const COLLECTS_SHARE = 0.5;

/** What the heap says of a loop that did not turn. full: collecting it is what the loop did; nearly-full: it was close to that; roomy: it cannot have been that. */
export type HeapState = "full" | "nearly-full" | "roomy" | "unknown";

export function heapState(heap: HeldHeap | null | undefined): HeapState {
  if (heap === null || heap === undefined) return "unknown";
  const { usedBytes, limitBytes, collectingShare } = heap;
  const isNearlyFull = limitBytes !== null && usedBytes >= limitBytes * NEARLY_FULL_SHARE;
  if (isNearlyFull && collectingShare !== null && collectingShare >= COLLECTS_SHARE) return "full";
  if (isNearlyFull) return "nearly-full";
  return limitBytes === null ? "unknown" : "roomy";
}

/**
 * The loop was silent because V8 was busy with a heap that is full: the silence only happened to be noticed first. Null when nothing shows that.
 * What V8 said proves it also when we were ending the process already: it says so only of a heap that was full before.
 */
export function blockedByFullHeap(evidence: AttemptEvidence, silence: { readonly intent: Extract<Intent, { limit: number }>; readonly facts: readonly Fact[] }): Verdict | null {
  const { heap = null, stack } = evidence.loop;
  const said = saidByV8(evidence);
  if (said === null && heapState(heap) !== "full" && !ranOut(evidence) && snapshotOf(evidence) === null) return null;
  const { kind, observed, limit } = silence.intent;
  const waited = `the event loop had not turned for ${formatDuration(observed)} (${kind} limit ${formatDuration(limit)})`;
  return conclude({
    cause: "out-of-heap",
    summary: said === null ? `The JavaScript heap was full${wordHeld(heap)}: ${waited}.` : `The JavaScript heap was full${heapNumbers(evidence)}: V8 gave up after ${waited}.`,
    confidence: said?.confidence ?? "likely",
    evidence: [...silence.facts, ...(said?.facts ?? heapLineFacts(evidence)), ...heldHeapFacts(heap), ...memoryFacts(evidence), ...kernelFacts(evidence.kernel)],
    stack,
  });
}

/** A nearly full heap that, let run on, hit the memory limit of its own attempt, or beside which the log has V8's words: the kernel, or our signal, was quicker than V8's report. */
function ranOut(evidence: AttemptEvidence): boolean {
  return heapState(evidence.loop.heap) === "nearly-full" && ((evidence.kernel.oomKill ?? 0) > 0 || heapLine(evidence) !== null);
}

/** Told, never a proof: who wrote it is not known. */
export function heapLineFacts(evidence: AttemptEvidence): readonly Fact[] {
  const line = heapLine(evidence);
  return line === null ? [] : [fact("a line of the log speaks of a full heap", line, "log")];
}

function wordHeld(heap: HeldHeap | null): string {
  if (heap === null || heap.limitBytes === null || heap.collectingShare === null) return "";
  return ` (${formatBytes(heap.usedBytes)} of ${formatBytes(heap.limitBytes)}) and V8 spent ${Math.round(heap.collectingShare * 100)} % of its time collecting it`;
}

export function heldHeapFacts(heap: HeldHeap | null | undefined): readonly Fact[] {
  if (heap === null || heap === undefined) return [];
  const { usedBytes, limitBytes, collectingShare, grewBytes = null } = heap;
  return [
    fact("heap used by the thread that did not come back, bytes", usedBytes, "inspector: Runtime.getHeapUsage"),
    ...(limitBytes === null ? [] : [fact("heap limit, bytes", limitBytes, "V8 flags of the worker")]),
    ...(grewBytes === null ? [] : [fact("growth of the heap while it was watched, bytes", grewBytes, "inspector: Runtime.getHeapUsage")]),
    ...(collectingShare === null ? [] : [fact("share of its time that it spent collecting garbage", collectingShare, "inspector: CPU profile")]),
  ];
}

/** Not full yet, but most of its time goes into collecting a heap that grows all the same. */
export function fillsUp(heap: HeldHeap | null | undefined): boolean {
  return (heap?.grewBytes ?? 0) > 0 && (heap?.collectingShare ?? 0) >= COLLECTS_SHARE;
}

/** How sure it is that memory is behind an end of another name; null: the heap says nothing for it. */
export function heapSuspicion(evidence: AttemptEvidence): "likely" | "possible" | null {
  if (saidByV8(evidence) !== null || snapshotOf(evidence) !== null) return "likely";
  const state = heapState(evidence.loop.heap);
  if (state === "full" || fillsUp(evidence.loop.heap)) return "likely";
  return state === "nearly-full" ? "possible" : null;
}
