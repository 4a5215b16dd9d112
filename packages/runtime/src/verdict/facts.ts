import { formatBytes, type AttemptEvidence, type ExitStatus, type Fact, type KernelRises, type Leak, type Usage } from "../model/index.ts";

export function fact(text: string, value: Fact["value"], source: string): Fact {
  return { fact: text, value, source };
}

export function exitFacts(exit: ExitStatus | null): readonly Fact[] {
  if (exit === null) return [];
  if (exit.signal !== null) return [fact("ended by signal", exit.signal, "exit status")];
  return [fact("exit code", exit.code, "exit status")];
}

/** A sampler that never read anything has no peak to tell: null, not a healthy 0. */
export function memoryFact(usage: Usage): Fact {
  return fact("peak memory of the tree, bytes", usage.memoryMethod === "none" ? null : usage.memoryPeakBytes, `samples (${usage.memoryMethod})`);
}

export function pidsFact(usage: Usage): Fact {
  return fact("most threads and processes at once", usage.pidsPeak, "samples");
}

export function wallFact(usage: Usage): Fact {
  return fact("wall time, seconds", usage.wallSeconds, "supervisor clock");
}

/** Only the counters that exist on this machine. */
export function kernelFacts(kernel: KernelRises): readonly Fact[] {
  const facts: Fact[] = [];
  if (kernel.oomKill !== null) facts.push(fact("out-of-memory kills in the attempt's own cgroup", kernel.oomKill, "cgroup oom_kill rise"));
  if (kernel.ownLimitHit !== null) facts.push(fact("the attempt's own memory limit was hit", kernel.ownLimitHit, "cgroup memory events"));
  if (kernel.machineOomKill !== null) facts.push(fact("out-of-memory kills on the machine", kernel.machineOomKill, "/proc/vmstat oom_kill rise"));
  if (kernel.pidsRefused !== null) facts.push(fact("forks refused by the attempt's own pids limit", kernel.pidsRefused, "cgroup pids.events rise"));
  return facts;
}

/** Told, not weighed: the pids in it are the machine's. */
export function kernelLogFacts({ autopsy }: AttemptEvidence): readonly Fact[] {
  return (autopsy?.kernelLog ?? []).slice(-3).map((line) => fact("the kernel's log around the end", line, "/dev/kmsg"));
}

/** Says that our own eyes were bad, when they were. */
export function monitorFacts(evidence: AttemptEvidence): readonly Fact[] {
  const { monitor } = evidence;
  return monitor.failedReads === 0 ? [] : [fact("failed reads of the sampler", monitor.failedReads, "monitor")];
}

export function leakFacts(leaks: readonly Leak[]): readonly Fact[] {
  return leaks.map((leak) =>
    fact(
      leak.kind === "process" ? `process left behind (${leak.state})` : `directory left behind (${leak.state})`,
      leak.pid === null ? leak.command : `${leak.pid} ${leak.command}`,
      "census",
    ),
  );
}

export function progressFacts(evidence: AttemptEvidence): readonly Fact[] {
  const { progress } = evidence;
  if (progress === null) return [];
  const parts = [progress.done === null ? null : `${progress.done}${progress.total === null ? "" : ` of ${progress.total}`}`, progress.note];
  return [fact("last progress", parts.filter((part) => part !== null).join(" ") || "reported", "job progress")];
}

export function lastLogFact(evidence: AttemptEvidence): readonly Fact[] {
  const line = lastLine(evidence.logTail);
  return line === null ? [] : [fact("last line of the log", line, "log")];
}

export function lastLine(lines: readonly string[]): string | null {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index]?.trim() ?? "";
    if (line !== "") return line;
  }
  return null;
}

/** "512 MiB" or "unlimited". */
export function wordBytes(bytes: number | null): string {
  return bytes === null ? "unlimited" : formatBytes(bytes);
}
