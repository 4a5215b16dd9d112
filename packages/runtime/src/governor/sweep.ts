import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../platform/index.ts";
import { pause } from "../platform/index.ts";
import { openCgroup, type CgroupRoots } from "./cgroup.ts";
import { cookieBaseOf, instancesDirectory, instanceState, isCookieOf } from "./instance.ts";
import { listPids, readCommandLine, readLocksLimit, readStat, type ProcessStat } from "./proc.ts";
import { removeTree } from "./remove-tree.ts";
import { signalProcess } from "./signal.ts";

export interface SweepResult {
  /** Supervisors that died without cleaning up. */
  readonly deadInstances: readonly string[];
  /** Their processes that were still running and have been ended. */
  readonly ended: readonly { readonly pid: number; readonly command: string }[];
  readonly cgroupsRemoved: number;
}

const CGROUP_PREFIX = "cofferdam-";
const ROUNDS_MAX = 20;

/** Name of a compartment's cgroup: found again by the sweep. */
export function cgroupName(instanceName: string, number: number): string {
  return `${CGROUP_PREFIX}${instanceName}.${number}`;
}

/**
 * Ends and removes what supervisors left behind that died without cleaning up: by cgroup name and by cookie range.
 * Never touches an instance that lives, or that belongs to another PID namespace.
 */
export async function sweepDeadInstances(roots: CgroupRoots, clock: Clock): Promise<SweepResult> {
  const directory = instancesDirectory();
  const found = new Set<string>(readdirSync(directory));
  const cgroups = listCgroups(roots);
  for (const instance of cgroups.keys()) found.add(instance);
  const dead = [...found].filter((name) => instanceState(name) === "dead");
  const ended = new Map<number, string>();
  let cgroupsRemoved = 0;
  for (const name of dead) {
    for (const group of cgroups.get(name) ?? []) if (await emptyCgroup(group, ended, clock)) cgroupsRemoved += 1;
  }
  const living = new Set([...found].filter((name) => instanceState(name) === "alive").map(cookieBaseOf));
  await endByCookie(
    dead.map(cookieBaseOf).filter((base) => !living.has(base)),
    ended,
    clock,
  );
  await Promise.all(dead.map((name) => removeTree(join(directory, name))));
  return { deadInstances: dead, ended: [...ended].map(([pid, command]) => ({ pid, command })), cgroupsRemoved };
}

function listCgroups(roots: CgroupRoots): Map<string, CgroupRoots[]> {
  const byInstance = new Map<string, CgroupRoots[]>();
  const names = new Set<string>();
  for (const root of [roots.v2, roots.v1Memory, roots.v1Pids]) {
    if (root === null) continue;
    for (const name of readdirSync(root)) if (name.startsWith(CGROUP_PREFIX)) names.add(name);
  }
  for (const name of names) {
    const instance = name.slice(CGROUP_PREFIX.length).split(".")[0] ?? "";
    const paths = {
      v2: roots.v2 === null ? null : join(roots.v2, name),
      v2Memory: roots.v2Memory,
      v2Pids: roots.v2Pids,
      v1Memory: roots.v1Memory === null ? null : join(roots.v1Memory, name),
      v1Pids: roots.v1Pids === null ? null : join(roots.v1Pids, name),
    };
    byInstance.set(instance, [...(byInstance.get(instance) ?? []), paths]);
  }
  return byInstance;
}

async function emptyCgroup(paths: CgroupRoots, ended: Map<number, string>, clock: Clock): Promise<boolean> {
  const cgroup = openCgroup(paths);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const stats = cgroup
      .pids()
      .map(readStat)
      .filter((stat) => stat !== null && stat.state !== "Z");
    for (const stat of stats) if (stat !== null) note(stat, ended);
    cgroup.kill();
    for (const stat of stats) if (stat !== null) signalProcess(stat, "SIGKILL");
    if (cgroup.remove()) return true;
    await pause(clock, 5 * (round + 1));
  }
  return false;
}

async function endByCookie(bases: readonly number[], ended: Map<number, string>, clock: Clock): Promise<void> {
  if (bases.length === 0) return;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const found = listPids().filter((pid) => {
      const cookie = readLocksLimit(pid);
      return bases.some((base) => isCookieOf(base, cookie));
    });
    const living = found.map(readStat).filter((stat) => stat !== null && stat.state !== "Z");
    if (living.length === 0) return;
    for (const stat of living) {
      if (stat === null) continue;
      note(stat, ended);
      signalProcess(stat, "SIGKILL");
    }
    await pause(clock, 5);
  }
}

/** A process that has no command line any more was dying before we came. */
function note(stat: ProcessStat, ended: Map<number, string>): void {
  const command = readCommandLine(stat.pid);
  if (command !== null && command !== "" && !ended.has(stat.pid)) ended.set(stat.pid, command);
}
