// The tests' own look into /proc: nobody is asked about itself.
import { readdirSync, readFileSync } from "node:fs";

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly state: string;
  readonly command: string;
}

function readOne(pid: number): Seen | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      pid,
      parent: Number(fields[1]),
      start: fields[19] ?? "",
      state: fields[0] ?? "",
      command: readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").slice(0, 200),
    };
  } catch {
    return null;
  }
}

/** Everybody below the process, zombies included. */
export function processesBelow(root: number): readonly Seen[] {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readOne(Number(name)) ?? []) : []));
  const members = new Set([root]);
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid }) => pid !== root && members.has(pid));
}

/** Whether it is still there and no zombie. */
export function isLiving({ pid, start }: Seen): boolean {
  const now = readOne(pid);
  return now !== null && now.start === start && now.state !== "Z";
}
