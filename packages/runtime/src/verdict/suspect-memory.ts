import type { AttemptEvidence, Fact, Hypothesis } from "../model/index.ts";
import { fact, memoryFact } from "./facts.ts";
import { fillsUp, heapLineFacts, heapState, heapSuspicion, heldHeapFacts } from "./held-heap.ts";
import { groupKillRise, lastSeenFacts, wordShare } from "./flight.ts";
import { judge } from "./suspect.ts";

const NEAR = 0.9;
const FAR = 0.5;
/** Less than this share of the machine's memory left, or more than this share of time stalled for it, is pressure. */
const LEFT_SHARE_MIN = 0.05;
const STALL_PERCENT_MAX = 10;

/** Did it, its container or the machine run out of memory? Only counters prove it, and only those that name the victim. */
export function memoryExhaustion(evidence: AttemptEvidence): Hypothesis {
  const { kernel, exit, usage, budget, fatalReport } = evidence;
  const autopsy = evidence.autopsy ?? null;
  const supports: Fact[] = [];
  const against: Fact[] = [];
  const groupKills = autopsy === null ? null : groupKillRise(autopsy);
  const isProven = (kernel.oomKill ?? 0) > 0 || (groupKills ?? 0) > 0;
  if ((kernel.oomKill ?? 0) > 0) supports.push(fact("out-of-memory kills in the attempt's own cgroup", kernel.oomKill, "cgroup oom_kill rise"));
  if ((groupKills ?? 0) > 0) supports.push(fact("times the kernel killed the runtime's container as a whole", groupKills, "cgroup oom_group_kill rise"));
  if ((kernel.machineOomKill ?? 0) > 0)
    supports.push(fact("out-of-memory kills on the machine meanwhile, of a victim that is not named", kernel.machineOomKill, "/proc/vmstat oom_kill rise"));
  if (fatalReport !== null) supports.push(fact("V8 wrote a fatal report", fatalReport.event, fatalReport.source));
  supports.push(...heapLineFacts(evidence));
  const heap = heapState(evidence.loop.heap);
  const isFilling = fillsUp(evidence.loop.heap);
  if (heap === "full" || heap === "nearly-full" || isFilling) supports.push(...heldHeapFacts(evidence.loop.heap));
  else if (heap === "roomy") against.push(...heldHeapFacts(evidence.loop.heap));
  if (budget.memoryBytes !== null && usage.memoryMethod !== "none") {
    if (usage.memoryPeakBytes > budget.memoryBytes * NEAR) supports.push(memoryFact(usage));
    if (usage.memoryPeakBytes < budget.memoryBytes * FAR)
      against.push(fact("peak memory is far below the budget", wordShare(usage.memoryPeakBytes, budget.memoryBytes), `samples (${usage.memoryMethod}), budget`));
  }
  supports.push(...pressureFacts(evidence));
  if (kernel.oomKill === 0) against.push(fact("out-of-memory kills in the attempt's own cgroup", 0, "cgroup oom_kill rise"));
  if (kernel.machineOomKill === 0) against.push(fact("out-of-memory kills on the machine", 0, "/proc/vmstat oom_kill rise"));
  if (exit?.signal != null && exit.signal !== "SIGKILL") against.push(fact("the out-of-memory killer sends only SIGKILL; this was", exit.signal, "exit status"));
  const isExcluded = kernel.oomKill === 0 || kernel.machineOomKill === 0 || (exit?.signal != null && exit.signal !== "SIGKILL");
  const struckElsewhere = (kernel.machineOomKill ?? 0) > 0 && kernel.oomKill !== 0;
  const says = isProven ? "proven" : isExcluded && supports.length === 0 ? "ruled-out" : struckElsewhere ? "likely" : heapSuspicion(evidence);
  return judge("memory-exhaustion", "It, its container or the machine ran out of memory.", { for: supports, against, says });
}

/** The machine or the container at the last sample, where they were short of memory. */
function pressureFacts(evidence: AttemptEvidence): readonly Fact[] {
  const autopsy = evidence.autopsy ?? null;
  const last = autopsy?.curve.at(-1);
  const total = autopsy?.machineBefore?.container?.limitBytes ?? autopsy?.machineBefore?.totalBytes ?? null;
  const isShort = last?.availableBytes != null && total !== null && last.availableBytes < total * LEFT_SHARE_MIN;
  const isStalled = (last?.memoryStallPercent ?? 0) > STALL_PERCENT_MAX;
  return isShort || isStalled ? lastSeenFacts(evidence).filter(({ fact: text }) => /stalled for memory|still had|of the container/.test(text)) : [];
}
