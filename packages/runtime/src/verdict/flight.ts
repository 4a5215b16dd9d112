import { formatBytes, type AttemptEvidence, type Autopsy, type Fact, type FlightSample } from "../model/index.ts";
import { fact } from "./facts.ts";

/** Two samples closer together than this say nothing of the CPU that was used. */
const CPU_WINDOW_MS_MIN = 400;

const BUSY_SHARE = 0.7;
const IDLE_SHARE = 0.1;

interface CpuShare {
  readonly share: number;
  /** Of what time. */
  readonly of: string;
  readonly source: string;
}

/** What its CPU says of the end. Idle is who used next to none and did not want any: one that could run and was given none was starved. Null when nothing was measured. */
export function cpuAtEnd(evidence: AttemptEvidence): (CpuShare & { readonly isBusy: boolean; readonly isIdle: boolean }) | null {
  const found = cpuShareAtEnd(evidence);
  return found === null ? null : { ...found, isBusy: found.share >= BUSY_SHARE, isIdle: found.share <= IDLE_SHARE && evidence.loop.state !== "R" };
}

/** CPU used per second of wall time at the end: of the last seconds where the record has them, else of the whole attempt. */
function cpuShareAtEnd({ autopsy, usage }: AttemptEvidence): CpuShare | null {
  const points = (autopsy?.curve ?? []).filter(({ cpuSeconds }) => cpuSeconds !== null);
  const last = points.at(-1);
  const before = points.findLast(({ atMs }) => last !== undefined && last.atMs - atMs >= CPU_WINDOW_MS_MIN);
  if (last !== undefined && before !== undefined) {
    const seconds = (last.atMs - before.atMs) / 1000;
    const used = (last.cpuSeconds ?? 0) - (before.cpuSeconds ?? 0);
    if (used >= 0) return { share: round(used / seconds), of: `the last ${round(seconds)} s`, source: `flight record (${autopsy?.curveSource ?? "memory"})` };
  }
  // Of an attempt whose supervisor is gone nobody knows what it used after the last look at its CPU.
  if (autopsy?.curveSource === "flight file" && last !== autopsy.curve.at(-1)) return null;
  if (usage.wallSeconds <= 0 || usage.memoryMethod === "none" || usage.cpuSeconds <= 0) return null;
  return { share: round(usage.cpuSeconds / usage.wallSeconds), of: "the whole attempt", source: "samples" };
}

/** The last thing that was seen of the tree, its memory against its limits, and the machine around it. */
export function lastSeenFacts(evidence: AttemptEvidence): readonly Fact[] {
  const autopsy = evidence.autopsy ?? null;
  const last = autopsy?.curve.at(-1);
  if (autopsy === null || last === undefined) return autopsy === null ? [] : machineFacts(autopsy);
  const source = `flight record (${autopsy.curveSource})`;
  return [
    fact("last sample", new Date(last.atMs).toISOString(), source),
    fact("memory of the tree at the last sample, bytes", last.memoryBytes, source),
    ...(evidence.budget.memoryBytes === null ? [] : [fact("memory budget, bytes", evidence.budget.memoryBytes, "budget")]),
    fact("threads and processes at the last sample", last.tasks, source),
    ...(last.loopSilentMs === null ? [] : [fact("event loop silent at the last sample, ms", last.loopSilentMs, source)]),
    ...machineFacts(autopsy),
  ];
}

function machineFacts({ machineBefore, curve }: Autopsy): readonly Fact[] {
  const facts: Fact[] = [];
  const last: FlightSample | undefined = curve.at(-1);
  if (last?.availableBytes != null) facts.push(fact("memory that machine or container still had, bytes", last.availableBytes, "flight record: /proc/meminfo, cgroup"));
  if (last?.memoryStallPercent != null) facts.push(fact("time stalled for memory (PSI some, 10 s), percent", last.memoryStallPercent, "flight record: /proc/pressure/memory"));
  const container = machineBefore?.container ?? null;
  if (container !== null && container.usedBytes !== null) {
    facts.push(fact("memory of the container, bytes", container.usedBytes, "flight record: cgroup of the runtime"));
    facts.push(fact("memory limit of the container, bytes", container.limitBytes, "flight record: cgroup of the runtime"));
  }
  return facts;
}

/** How often the kernel killed the runtime's own container as a whole since the last record; null when that cannot be known. */
export function groupKillRise({ machineBefore, machineAfter }: Autopsy): number | null {
  const before = machineBefore?.container ?? null;
  const after = machineAfter?.container ?? null;
  if (before === null || after === null || before.inode !== after.inode || before.groupKills === null || after.groupKills === null) return null;
  return Math.max(0, after.groupKills - before.groupKills);
}

/** "512 MiB of 1 GiB" */
export function wordShare(bytes: number, limitBytes: number): string {
  return `${formatBytes(bytes)} of ${formatBytes(limitBytes)}`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
