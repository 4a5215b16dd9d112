import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What of a case is still there. Deliberately none of the product's own code: it is the product that is being judged. */

export interface Trace {
  readonly pid: number;
  readonly state: string;
  readonly command: string;
}

/** Every process whose command line or environment holds the marker, zombies excepted. */
export function findProcesses(marker: string, except: ReadonlySet<number> = new Set()): readonly Trace[] {
  const found: Trace[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || except.has(pid)) continue;
    const command = read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
    if (!command.includes(marker) && !read(`/proc/${name}/environ`).includes(marker)) continue;
    const state = stateOf(pid);
    if (state !== "Z" && state !== "X") found.push({ pid, state, command });
  }
  return found;
}

/** R, S, D, T, Z; X when it is gone. */
export function stateOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" ? "X" : (stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "X");
}

/** Our cgroups of one supervisor process, in whatever hierarchy. Their names carry its pid, which somebody else may have had before: what was there when the test began is not its own. */
export function findCgroups(supervisorPid: number): readonly string[] {
  const name = new RegExp(`/cofferdam-[0-9a-f]{8}-\\d+-${supervisorPid}-\\d+\\.[^/]*$`);
  return listCgroups().filter((path) => name.test(path) && !THERE_BEFORE.has(path));
}

function listCgroups(): readonly string[] {
  const found: string[] = [];
  const visit = (directory: string, depth: number): void => {
    for (const entry of list(directory)) {
      const path = join(directory, entry);
      if (entry.startsWith("cofferdam-")) found.push(path);
      else if (depth > 0) visit(path, depth - 1);
    }
  };
  visit("/sys/fs/cgroup", 6);
  return found;
}

/** What lies in a supervisor's scratch directory. */
export function findScratch(scratchRoot: string, supervisorPid: number): readonly string[] {
  const user = join(scratchRoot, `cofferdam-${process.getuid?.() ?? 0}`);
  return list(user)
    .filter((name) => name.split("-")[2] === String(supervisorPid))
    .flatMap((name) => readdirSync(join(user, name)).map((entry) => join(name, entry)));
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const THERE_BEFORE: ReadonlySet<string> = new Set(listCgroups());
