import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import {
  cgroupName,
  countOpenFiles,
  createCensus,
  createCgroup,
  endTree,
  lookSurely,
  hasCgroups,
  readAnonymousBytes,
  readCommandLine,
  createShares,
  readStat,
  removeTree,
  sampleTree,
  SCAN_AGE_MS_MAX,
  signalProcess,
  type Census,
  type Cgroup,
  type ProcessStat,
  type SignalName,
  type TreeSample,
} from "../governor/index.ts";
import type { Budget, Enforcement, ExitStatus, KernelRises, LaunchFailure, Leak, ProcessShare } from "../model/index.ts";
import { pause, type Clock } from "../platform/index.ts";
import { duplexOf, watchExit } from "./exit-watch.ts";
import { findKept, keptMembers, type KeptRoot, type KeptView } from "./kept-trees.ts";
import { risesBetween, type KernelCounts } from "./kernel-rises.ts";
import { failureOf, launch, type ChildStream, type STDERR_DESCRIPTOR } from "./launch.ts";
import type { KeptTree } from "../wire/index.ts";
import type { Yard } from "./yard.ts";

/** Where the compartment keeps things: `directory` is ours, `tmp` the program's TMPDIR. */
export interface CompartmentPaths {
  readonly directory: string;
  readonly tmp: string;
}

export interface CompartmentRequest {
  readonly program: string;
  args(paths: CompartmentPaths): readonly string[];
  readonly cwd: string;
  env(paths: CompartmentPaths): Readonly<Record<string, string | undefined>>;
  readonly streams: readonly [ChildStream, ChildStream, ChildStream, ChildStream];
  readonly budget: Budget;
  /** Already known not to be startable: nothing is started, and this is why. */
  readonly refused?: LaunchFailure | null;
}

/** A process tree behind its wall: started, watched, ended, and proven empty. */
export interface Compartment {
  readonly directory: string;
  readonly scratch: string;
  readonly enforcement: Enforcement;
  /** Outermost process that we started; 0 when it could not be started. */
  readonly pid: number;
  readonly child: ChildProcess | null;
  readonly launchFailure: LaunchFailure | null;
  /** How the program itself ended (not its leftovers). Never rejects. */
  readonly ended: Promise<ExitStatus>;
  stream(descriptor: 3 | typeof STDERR_DESCRIPTOR): Duplex | null;
  setBudget(budget: Budget): void;
  /** Lets the tree start threads again: a stack is about to be taken, and the tree to be ended. */
  liftPidsLimit(): void;
  sample(wish: "with-cpu" | "without-cpu"): TreeSample;
  /** The processes by their memory and their open files, and the CPU of the tree since it began; shares its walk with a look that is 20 ms old at most. */
  listing(): { readonly shares: readonly ProcessShare[]; readonly openFiles: number | null; readonly cpuSeconds: number | null };
  /** Counter rises since `countFromHere`, or since the start; whether the own limit was the one that was hit. `ownRises` leaves the machine's counter out, which is dear to read. */
  kernelRises(): KernelRises;
  ownRises(): KernelRises;
  countFromHere(): void;
  /** What its program keeps on purpose: looked up now, named until the next call. */
  setKept(trees: readonly KeptTree[]): void;
  hasKept(): boolean;
  /** What is kept and in order. */
  kept(): readonly KeptView[];
  /** Whether more than the program, our stubs and what is kept lives in it: one read where the kernel keeps the list. */
  hasOthers(): boolean;
  /** Members other than our own stubs, the program itself and what is kept. */
  others(): readonly ProcessStat[];
  /** The program's process as we see it, once it runs. */
  program(): ProcessStat | null;
  /** Asks everybody in the tree, our stubs excepted. */
  signalAll(signal: SignalName): void;
  /** Starts a small shell script as one more member of the tree: counted with it and ended with it, but outside of its namespace. False: it could not be started. */
  startBeside(script: string, stdout: ChildStream): boolean;
  /** Ends the whole tree and proves it. @returns what the kernel has not ended yet. */
  end(): Promise<readonly Leak[]>;
  /** After a clean end of the program: waits at most 100 ms for its helpers, lists what stays, ends it. */
  endLeftovers(): Promise<readonly Leak[]>;
  /** Removes cgroups and scratch. Call after `end` or `endLeftovers`. */
  close(): Promise<void>;
}

const LEAK_TIMEOUT_MS = 100;
const LEAK_POLL_MS = 5;
/** The shell that stays as the namespace's init is one task of the kernel's count that is not the program's. */
const STUB_TASKS = 1;

export function openCompartment(yard: Yard, request: CompartmentRequest): Compartment {
  const { capabilities, instance, clock } = yard;
  const number = yard.nextNumber();
  const directory = join(instance.directory, `c${number}`);
  const scratch = join(directory, "tmp");
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const cgroup = hasCgroups(capabilities.cgroups) ? createCgroup(capabilities.cgroups, cgroupName(instance.name, number)) : null;
  const hasPidNamespace = capabilities.pidNamespace !== null;
  const stubTasks = hasPidNamespace ? STUB_TASKS : 0;
  let budget = request.budget;
  applyLimits();
  const cookie = capabilities.cookieFlag === null ? null : instance.cookieBase + (number % 2 ** 20);
  let countedFrom = counts(yard.machineOomKills("lately"));
  let failure: LaunchFailure | null = request.refused ?? null;
  let child: ChildProcess | null = null;
  if (failure === null)
    try {
      const paths = { directory, tmp: scratch };
      const { program, cwd, streams } = request;
      child = launch({
        program,
        args: request.args(paths),
        cwd,
        streams,
        capabilities,
        joinFiles: cgroup?.joinFiles ?? [],
        cookie,
        nice: yard.nice,
        env: { ...request.env(paths), TMPDIR: scratch },
      });
    } catch (error) {
      failure = failureOf(error);
    }
  const pid = child?.pid ?? 0;
  const root = { pid, startTicks: readStat(pid)?.startTicks ?? -1 };
  const census: Census | null = child?.pid === undefined ? null : createCensus({ root, cgroup, cookie, hasPidNamespace }, yard.processes);
  const tree = census === null ? null : { census, cgroup, root, hasPidNamespace };
  const shares = createShares();
  const exit = watchExit(child, failure, (late) => {
    failure = late;
  });

  function applyLimits(): void {
    cgroup?.setLimits({ memoryBytes: budget.memoryBytes, tasks: budget.pids === null ? null : budget.pids + stubTasks });
  }

  function counts(machineOomKills: number | null): KernelCounts {
    const own = cgroup?.counters() ?? { oomKill: null, limitHits: null, pidsRefused: null };
    return { ...own, machineOomKills };
  }

  function members(): readonly ProcessStat[] {
    return census?.members() ?? [];
  }

  /** unshare and the namespace's init, or nothing. */
  function isStub(stat: ProcessStat): boolean {
    return hasPidNamespace && (stat.pid === root.pid || (stat.parentPid === root.pid && stat.name === "sh"));
  }

  function program(): ProcessStat | null {
    const all = members();
    if (!hasPidNamespace) return all.find((stat) => stat.pid === root.pid) ?? null;
    const init = all.find((stat) => stat.parentPid === root.pid && stat.pid !== root.pid);
    // The first child of the init is the program; adopted orphans have later start times.
    return all.filter((stat) => stat.parentPid === init?.pid).sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0] ?? null;
  }

  let keptRoots: readonly KeptRoot[] = [];

  /** A scan can miss who was being forked while it read: without the kernel's list only a second empty look counts. */
  function others(): readonly ProcessStat[] {
    return cgroup === null ? lookSurely(lookForOthers) : lookForOthers();
  }

  function lookForOthers(): readonly ProcessStat[] {
    const main = exit.isOver() ? null : program();
    const all = members();
    const kept = new Set([...keptMembers(keptRoots, all).values()].flat().map(({ pid }) => pid));
    return all.filter((stat) => !isStub(stat) && !kept.has(stat.pid) && stat.pid !== main?.pid && (hasPidNamespace || stat.pid !== root.pid));
  }

  async function end(): Promise<readonly Leak[]> {
    if (tree === null) return [];
    if (hasPidNamespace) exit.killing();
    const remaining = await endTree(tree, clock);
    return remaining.map((stat) => toLeak(stat, "kill-pending"));
  }

  return {
    directory,
    scratch,
    enforcement: capabilities.enforcement,
    pid,
    child,
    get launchFailure() {
      return failure;
    },
    ended: exit.promise,
    stream: (descriptor) => duplexOf(Array.from<unknown>(child?.stdio ?? [])[descriptor]),
    setBudget(next) {
      budget = next;
      applyLimits();
    },
    liftPidsLimit() {
      budget = { ...budget, pids: null };
      applyLimits();
    },
    sample(wish) {
      if (census === null) return { memoryBytes: 0, memoryMethod: "anon+shmem", tasks: 0, cpuSeconds: 0, trustworthy: false };
      const sample = sampleTree(census, cgroup, wish);
      return { ...sample, tasks: Math.max(0, sample.tasks - stubTasks) };
    },
    listing() {
      const all = (census?.members(SCAN_AGE_MS_MAX) ?? []).filter((stat) => !isStub(stat));
      return { shares: shares(all), openFiles: countOpenFiles(all), cpuSeconds: census === null ? null : sampleTree(census, cgroup, "with-cpu").cpuSeconds };
    },
    kernelRises: () => risesBetween(countedFrom, counts(yard.machineOomKills("now"))),
    ownRises: () => risesBetween(countedFrom, counts(null)),
    countFromHere() {
      countedFrom = counts(yard.machineOomKills("lately"));
    },
    setKept(trees) {
      keptRoots = trees.length === 0 ? [] : findKept(trees, members(), program());
    },
    hasKept: () => keptRoots.length > 0,
    kept() {
      if (keptRoots.length === 0) return [];
      return [...keptMembers(keptRoots, members())].map(([{ pid, what }, tree]) => ({
        pid,
        what,
        processes: tree.length,
        memoryBytes: tree.reduce((sum, each) => sum + (readAnonymousBytes(each.pid) ?? 0), 0),
      }));
    },
    hasOthers() {
      if (census === null) return false;
      // The root (unshare) is outside of the cgroup; its init and the program are inside.
      if (cgroup !== null && census.count() <= (hasPidNamespace ? 2 : 1)) return false;
      return (cgroup !== null && keptRoots.length === 0) || others().length > 0;
    },
    others,
    program,
    signalAll(signal) {
      for (const stat of members()) if (!isStub(stat)) signalProcess(stat, signal);
    },
    startBeside(script, stdout) {
      // Without its cgroup and its cookie nobody would know that it belongs here.
      if (cgroup === null && cookie === null) return false;
      try {
        const helper = launch({
          program: "/bin/sh",
          args: ["-c", script],
          cwd: directory,
          streams: ["ignore", stdout, "ignore", "ignore"],
          capabilities: { ...capabilities, pidNamespace: null },
          joinFiles: cgroup?.joinFiles ?? [],
          cookie,
          nice: yard.nice,
          env: { PATH: process.env["PATH"] },
        });
        helper.on("error", () => undefined);
        return helper.pid !== undefined;
      } catch {
        return false;
      }
    },
    end,
    async endLeftovers() {
      const deadline = clock.monotonicMs() + LEAK_TIMEOUT_MS;
      let left = others();
      while (left.length > 0 && clock.monotonicMs() < deadline) {
        await pause(clock, LEAK_POLL_MS);
        left = others();
      }
      const leaks = left.map((stat) => toLeak(stat, "ended"));
      const pending = new Set((await end()).map((leak) => leak.pid));
      return leaks.map((leak) => (pending.has(leak.pid) ? { kind: leak.kind, pid: leak.pid, command: leak.command, state: "kill-pending" } : leak));
    },
    async close() {
      if (cgroup !== null) await removeWhenEmpty(cgroup, clock);
      // What cannot be removed now is tried again by the sweep of the next start.
      await removeTree(directory);
    },
  };
}

/** The kernel holds a cgroup until the last zombie in it is reaped. */
async function removeWhenEmpty(cgroup: Cgroup, clock: Clock): Promise<void> {
  for (let round = 0; round < 50 && !cgroup.remove(); round += 1) await pause(clock, 2 + round);
}

export function toLeak(stat: ProcessStat, state: Leak["state"]): Leak {
  return { kind: "process", pid: stat.pid, command: readCommandLine(stat.pid) || stat.name, state };
}
