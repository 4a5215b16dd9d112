import type { AttemptEvidence, Fact, Hypothesis } from "../model/index.ts";
import { fact } from "./facts.ts";
import { cpuAtEnd } from "./flight.ts";
import { heapState } from "./held-heap.ts";
import { judge } from "./suspect.ts";

const SILENT_MS_MIN = 800;

/** Did it run in circles? A thread that runs, a loop that does not turn, and no progress speak for it; a process that waits speaks against it. */
export function endlessLoop(evidence: AttemptEvidence): Hypothesis {
  const { loop, kind } = evidence;
  const supports: Fact[] = [];
  const against: Fact[] = [];
  const frame = loop.stack[0];
  const lastSilentMs = evidence.autopsy?.curve.at(-1)?.loopSilentMs ?? 0;
  const silentMs = Math.max(loop.silentMs, lastSilentMs);
  const isSilent = kind === "module" && silentMs >= SILENT_MS_MIN;
  const cpu = cpuAtEnd(evidence);
  const isBusy = cpu?.isBusy === true;
  const isIdle = cpu?.isIdle === true;
  if (isSilent) supports.push(fact("event loop silent, ms", silentMs, loop.silentMs >= lastSilentMs ? "heartbeat" : "flight record"));
  if (frame !== undefined) supports.push(fact("innermost frame of the thread that did not come back", frame, "inspector"));
  if (isBusy) supports.push(fact(`CPU used per second in ${cpu.of}`, cpu.share, cpu.source));
  if (isIdle) against.push(fact(`CPU used per second in ${cpu.of}: it waited`, cpu.share, cpu.source));
  const collects = heapState(loop.heap) === "full";
  if (collects) against.push(fact("share of its time that it spent collecting garbage", loop.heap?.collectingShare ?? null, "inspector: CPU profile"));
  const waits = loop.state === "S" || loop.state === "D" || loop.state === "T";
  if (waits && loop.stack.length === 0) against.push(fact("state of the main thread (S sleeping, D uninterruptible, T stopped)", loop.state, "/proc stat"));
  const isFree = kind === "module" && silentMs < SILENT_MS_MIN;
  if (isFree) against.push(fact("the event loop turned: silent for, ms", silentMs, "heartbeat"));
  const runs = frame !== undefined && loop.state !== "T";
  const says = collects ? "possible" : (runs && !isIdle) || (isSilent && isBusy) ? "likely" : supports.length === 0 && (isIdle || isFree || waits) ? "ruled-out" : null;
  return judge("endless-loop", "It ran in an endless loop, or in one that takes far too long.", { for: supports, against, says });
}
