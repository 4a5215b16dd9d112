import { readdirSync, readFileSync } from "node:fs";

/** Our own look into /proc: the runtime under test is never asked about itself here. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** With the pid it names one process for good, also after the pid is used again. */
  readonly startTicks: number;
  readonly state: string;
  readonly command: string;
}

export function readProcess(pid: number): ProcessFacts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    const fields = stat.slice(close + 2).split(" ");
    const field = (index: number): number => Number(fields[index]);
    return { pid, parent: field(1), startTicks: field(19), state: fields[0] ?? "?", command: stat.slice(stat.indexOf("(") + 1, close) };
  } catch {
    return null;
  }
}

export function allProcesses(): readonly ProcessFacts[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
}

/** Living processes (no zombies) whose environment or command line holds the text. */
export function processesWith(text: string): readonly ProcessFacts[] {
  return allProcesses().filter(({ pid, state }) => pid !== process.pid && state !== "Z" && (holds(`/proc/${pid}/environ`, text) || holds(`/proc/${pid}/cmdline`, text)));
}

function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file, "latin1").includes(text);
  } catch {
    return false;
  }
}

/** The process and all that descend from it now. */
export function treeOf(root: number): readonly ProcessFacts[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const found: ProcessFacts[] = [];
  const visit = (pid: number): void => {
    const facts = readProcess(pid);
    if (facts !== null) found.push(facts);
    for (const child of children.get(pid) ?? []) visit(child.pid);
  };
  visit(root);
  return found;
}

export function isAlive({ pid, startTicks }: ProcessFacts): boolean {
  const now = readProcess(pid);
  return now !== null && now.startTicks === startTicks && now.state !== "Z";
}

export interface MemoryFacts {
  readonly rssMb: number;
  readonly pssMb: number;
  readonly privateMb: number;
}

/** Memory as the kernel accounts it. PSS shares out what several processes map. */
export function memoryOf(pid: number): MemoryFacts {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? Number.NaN);
  return { rssMb: kilobytes("Rss") / 1024, pssMb: kilobytes("Pss") / 1024, privateMb: (kilobytes("Private_Clean") + kilobytes("Private_Dirty")) / 1024 };
}
