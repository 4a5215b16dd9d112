import { NO_BUDGET, type AttemptEvidence, type Autopsy, type ErrorInfo, type KernelRises, type MachineState } from "../../src/model/index.ts";

/** A clean attempt of a module; each case says only what is different. */
export function evidenceOf(difference: Partial<AttemptEvidence> = {}): AttemptEvidence {
  return {
    kind: "module",
    budget: { ...NO_BUDGET, memoryBytes: 512 * 1024 ** 2, pids: 64, timeMs: 60_000, stallMs: 5000, blockMs: 10_000, outputBytes: 1024 ** 2 },
    enforcement: { tier: "pidns", memory: "polled", pids: "polled" },
    launchFailure: null,
    intent: null,
    exit: null,
    report: null,
    fatalReport: null,
    kernel: NO_RISES,
    loop: { silentMs: 0, stack: [], state: null, nativeCall: false },
    usage: { wallSeconds: 2.5, cpuSeconds: 1, memoryPeakBytes: 80 * 1024 ** 2, pidsPeak: 14, outputBytes: 100, memoryMethod: "anon+shmem" },
    leaks: [],
    progress: null,
    logTail: [],
    monitor: { samples: 20, failedReads: 0, lagMsMax: 3 },
    lostOwner: null,
    ...difference,
  };
}

export const NO_RISES: KernelRises = { oomKill: null, ownLimitHit: null, machineOomKill: null, pidsRefused: null };

export function commandOf(difference: Partial<AttemptEvidence> = {}): AttemptEvidence {
  return evidenceOf({ kind: "command", ...difference });
}

export function threw(message: string, code: string | null = null, name = "Error"): Pick<AttemptEvidence, "report"> {
  return { report: { kind: "threw", error: errorOf(message, code, name) } };
}

export function errorOf(message: string, code: string | null = null, name = "Error"): ErrorInfo {
  return { name, message, code, stack: `${name}: ${message}\n    at run (jobs/x.ts:3:5)`, retryable: true };
}

export function signalled(signal: string): Pick<AttemptEvidence, "exit"> {
  return { exit: { code: null, signal } };
}

export function exitedWith(code: number): Pick<AttemptEvidence, "exit"> {
  return { exit: { code, signal: null } };
}

/** An abnormal end of which little is known; each case says only what is different. */
export function autopsyWith(difference: Partial<Autopsy> = {}): Autopsy {
  return {
    curve: [],
    curveSource: "flight file",
    tree: null,
    machineBefore: null,
    machineAfter: null,
    kernelLog: null,
    logTail: [],
    checkpoint: null,
    progressAtMs: null,
    input: null,
    neighbours: [],
    release: null,
    ...difference,
  };
}

/** A machine with memory to spare and no container. */
export function machineOf(difference: Partial<MachineState> = {}): MachineState {
  return {
    atMs: 0,
    bootId: "b",
    totalBytes: 8e9,
    availableBytes: 4e9,
    memorySomePercent: 0,
    memoryFullPercent: 0,
    cpuSomePercent: 0,
    ioSomePercent: 0,
    oomKills: 0,
    container: null,
    ...difference,
  };
}
