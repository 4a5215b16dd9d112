import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { allProcesses, isAlive, memoryOf, type ProcessFacts } from "../../../src/harness/processes.ts";
import type { ContenderResult, Params } from "./plan.ts";

export interface Left {
  readonly processes: number;
  readonly zombies: number;
  readonly directories: number;
}

export interface ContenderRun {
  readonly result: (ContenderResult & { readonly stray: number; readonly ownCpuMs: number }) | null;
  /** When its own close had resolved; 5 s later; when its process had exited. */
  readonly atOnce: Left;
  readonly later: Left;
  readonly afterExit: Left;
  /** Highest sum of PSS over its process and all below, MB. */
  readonly pssMbPeak: number;
  readonly pssMbMean: number;
  /** CPU seconds of all processes of its tree that could be seen. */
  readonly cpuSeconds: number;
}

export interface RunOptions {
  /** The run is given up after it. */
  readonly patienceMs: number;
  /** Whether to wait 5 s and look again. */
  readonly looksAgain: boolean;
  readonly samplesPss: boolean;
}

const LOOK_MS = 200;
const TICKS_PER_SECOND = 100;

/** Runs a contender below a temporary directory of its own, watches its whole tree, and counts what it leaves. What it leaves is then ended. */
export async function runContender(name: string, params: Params, options: RunOptions): Promise<ContenderRun> {
  const directory = mkdtempSync(join(tmpdir(), "cofferdam-bench-browsers-"));
  const temporary = join(directory, "tmp");
  mkdirSync(temporary);
  const seen = new Map<string, ProcessFacts>();
  const cpuTicks = new Map<string, number>();
  const pss: number[] = [];
  const child = spawn(process.execPath, [join(import.meta.dirname, "contender-host.ts"), name, JSON.stringify(params)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: temporary, CRAWLEE_STORAGE_DIR: join(directory, "storage") },
  });
  const exited = once(child, "exit");
  const look = (): readonly ProcessFacts[] => {
    const members = treeWith(child.pid ?? 0, temporary);
    for (const facts of members) {
      seen.set(keyOf(facts), facts);
      cpuTicks.set(keyOf(facts), Math.max(cpuTicks.get(keyOf(facts)) ?? 0, ticksOf(facts.pid)));
    }
    return members;
  };
  const watch = setInterval(() => {
    const members = look();
    if (options.samplesPss) pss.push(sum(members.map(({ pid }) => pssOf(pid))));
  }, LOOK_MS);
  const left = (): Left => {
    look();
    const all = [...seen.values()].filter(({ pid }) => pid !== child.pid);
    return {
      processes: all.filter(isAlive).length,
      zombies: all.filter(({ pid, startTicks }) => stateOf(pid, startTicks) === "Z").length,
      directories: readdirSync(temporary)
        .filter((entry) => !/^(chromium|fonts|crawlee_storage)$/.test(entry))
        .flatMap((entry) => inside(join(temporary, entry))).length,
    };
  };
  try {
    const line = await Promise.race([firstLine(child), exited.then(() => null), wait(options.patienceMs, null, { ref: false })]);
    const atOnce = left();
    if (options.looksAgain) await wait(5000);
    const later = left();
    child.stdin.end();
    const isOver = await Promise.race([exited.then(() => true), wait(5000, false, { ref: false })]);
    if (!isOver) child.kill("SIGKILL");
    await exited;
    await wait(1000);
    const afterExit = left();
    return {
      result: line === null ? null : JSON.parse(line),
      atOnce,
      later,
      afterExit,
      pssMbPeak: pss.length === 0 ? 0 : Math.max(...pss),
      pssMbMean: pss.length === 0 ? 0 : sum(pss) / pss.length,
      cpuSeconds: sum([...cpuTicks.values()]) / TICKS_PER_SECOND,
    };
  } finally {
    clearInterval(watch);
    for (const facts of seen.values()) if (isAlive(facts)) end(facts.pid);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function firstLine(child: { readonly stdout: NodeJS.ReadableStream }): Promise<string | null> {
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("{")) return line;
  return null;
}

/** The shared root of our own sessions is no leftover; what stands in it would be. */
function inside(path: string): readonly string[] {
  if (!/\/cofferdam-browsers-\d+$/.test(path)) return [path];
  return readdirSync(path);
}

/** Everything below the process, and everything whose command line names the directory. */
function treeWith(root: number, directory: string): readonly ProcessFacts[] {
  const all = allProcesses();
  const members = new Set(all.filter(({ pid }) => pid === root || commandLine(pid).includes(directory)).map(({ pid }) => pid));
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid, state }) => members.has(pid) && pid !== process.pid && state !== "Z");
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

function stateOf(pid: number, startTicks: number): string | null {
  const facts = allProcesses().find((one) => one.pid === pid && one.startTicks === startTicks);
  return facts?.state ?? null;
}

function pssOf(pid: number): number {
  try {
    return memoryOf(pid).pssMb;
  } catch {
    return 0;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone
  }
}

const keyOf = ({ pid, startTicks }: ProcessFacts): string => `${pid} ${startTicks}`;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
