import { statSync } from "node:fs";
import type { AttemptEvidence, ExitStatus, KernelRises, Leak } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { Recorder } from "../recorder/index.ts";
import { startFailure } from "./assignment.ts";
import { buildEvidence, type AttemptItem } from "./attempt-item.ts";
import type { Compartment } from "./compartment.ts";
import { readFatalReport, readLogTail, withoutInspector } from "./evidence.ts";
import { autopsyOf, isClean, performAutopsy } from "./autopsy.ts";
import { attributeLeaks } from "./leaks.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

/** How the process of a worker ended, as far as it was seen at once. */
export interface ProcessEnd {
  readonly exit: ExitStatus;
  readonly endedAtMs: number;
  readonly kernel: KernelRises;
  readonly leaks: readonly Leak[];
  /** It ended before it could take its first attempt. */
  readonly neverReady: boolean;
}

/** Gathers the evidence of attempts that have ended in one worker, and hands it to whoever waits for them. */
export interface Settler {
  /** They ended by themselves and their worker lives, or was ended only for what they left behind. */
  alive(items: readonly AttemptItem[], leaks: readonly Leak[]): void;
  /** It ended with its process: reads what the dead left on disk. */
  dead(item: AttemptItem, end: ProcessEnd): Promise<void>;
  logSize(): number;
  /** CPU of the tree before the attempt that runs now. */
  cpuSecondsBefore(): number;
}

export function createSettler(worker: {
  readonly id: string;
  readonly logFile: string;
  readonly compartment: Compartment;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly snapshots: Pick<SnapshotShelf, "keepFor"> | null;
}): Settler {
  const { compartment, recorder, clock, logFile } = worker;
  /** CPU of the whole tree up to the attempts that were settled: what comes above it is the next one's. */
  let treeCpuSeconds = 0;

  function logSize(): number {
    try {
      return statSync(logFile).size;
    } catch {
      return 0;
    }
  }

  function resolveItem(item: AttemptItem, evidence: AttemptEvidence): void {
    item.resolve({
      kind: "ended",
      evidence,
      result: item.result,
      rest: item.rest,
      workerId: worker.id,
      pid: compartment.pid,
      startedAtMs: item.startedAtMs,
      endedAtMs: item.endedAtMs,
      log: { file: logFile, from: item.logFrom, to: item.logTo },
    });
  }

  return {
    logSize,
    cpuSecondsBefore: () => treeCpuSeconds,
    alive(items, leaks) {
      attributeLeaks(items, leaks);
      for (const item of items) {
        const cpu = item.watch === null ? 0 : item.watch.peaks().cpuSeconds - treeCpuSeconds;
        item.cpuSeconds = Math.max(item.cpuSeconds, items.length === 1 ? cpu : 0);
        const autopsy = isClean(item, null) ? null : autopsyOf(item, [], recorder);
        resolveItem(
          item,
          buildEvidence(item, { enforcement: compartment.enforcement, launchFailure: null, exit: null, fatalReport: null, kernel: item.kernel, logTail: [], autopsy }),
        );
      }
      treeCpuSeconds = Math.max(treeCpuSeconds, ...items.map((item) => item.watch?.peaks().cpuSeconds ?? 0));
    },
    async dead(item, { exit, endedAtMs, kernel, leaks, neverReady }) {
      if (item.startedAtMs === 0) item.startedAtMs = endedAtMs;
      item.endedAtMs = endedAtMs;
      item.wallMs = item.watch === null ? 0 : clock.monotonicMs() - item.watch.startedAtMs;
      item.cpuSeconds = Math.max(0, (item.watch?.peaks().cpuSeconds ?? 0) - treeCpuSeconds);
      item.logTo = item.logEnd ?? logSize();
      item.leaks = leaks;
      const fatalReport = await readFatalReport(compartment.directory);
      // V8's last words may come after its stack was taken; what the inspector said meanwhile is not the job's.
      const logTail = withoutInspector(await readLogTail({ file: logFile, from: item.logFrom, to: logSize() }));
      const launchFailure = compartment.launchFailure ?? (neverReady ? startFailure(exit, kernel.pidsRefused) : null);
      const snapshot = (await worker.snapshots?.keepFor(item.lease.attemptId, item.startedAtMs)) ?? null;
      const autopsy = { ...(await performAutopsy(item, { exit, logTail }, recorder)), ...(snapshot === null ? {} : { artifacts: [snapshot] }) };
      resolveItem(item, buildEvidence(item, { enforcement: compartment.enforcement, launchFailure, exit, fatalReport, kernel, logTail, autopsy }));
    },
  };
}
