import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface SmallContainer {
  /** Put before a command: enters the cgroups first, then becomes the command. */
  readonly launcher: readonly string[];
  /** Where we are ourselves, for what shall not be limited. */
  readonly outside: string;
  remove(): Promise<void>;
}

export function moveTo(directory: string, pid: number): void {
  writeFileSync(join(directory, "cgroup.procs"), String(pid));
}

/** A CPU quota and a memory limit as a small container has them; null where no such cgroup can be made (v1 here; v2 needs delegation). */
export function makeSmallContainer(cpus: number, memoryBytes: number): SmallContainer | null {
  const own = readFileSync("/proc/self/cgroup", "utf8");
  const directories: string[] = [];
  try {
    const cpu = below(own, "cpu");
    directories.push(cpu.made);
    writeFileSync(join(cpu.made, "cpu.cfs_period_us"), "100000");
    writeFileSync(join(cpu.made, "cpu.cfs_quota_us"), String(Math.round(cpus * 100_000)));
    const memory = below(own, "memory");
    directories.push(memory.made);
    writeFileSync(join(memory.made, "memory.limit_in_bytes"), String(memoryBytes));
    const enter = directories.map((directory) => `echo $$ > ${directory}/cgroup.procs`).join(" && ");
    return { launcher: ["sh", "-c", `${enter} && exec "$@"`, "sh"], outside: cpu.own, remove: () => removeAll(directories) };
  } catch {
    for (const directory of directories) rmdirSync(directory);
    return null;
  }
}

export interface CpuAccount {
  readonly launcher: readonly string[];
  /** Nanoseconds used by everything that was ever in it, in decimal. */
  readonly usageFile: string;
  remove(): Promise<void>;
}

/** Counts the CPU time of a contender and of all that it starts, whatever else the machine does; null where no such cgroup can be made. */
export function makeCpuAccount(): CpuAccount | null {
  try {
    const { made } = below(readFileSync("/proc/self/cgroup", "utf8"), "cpuacct");
    return { launcher: ["sh", "-c", `echo $$ > ${made}/cgroup.procs && exec "$@"`, "sh"], usageFile: join(made, "cpuacct.usage"), remove: () => removeAll([made]) };
  } catch {
    return null;
  }
}

function below(own: string, controller: string): { readonly own: string; readonly made: string } {
  const path = own
    .split("\n")
    .map((line) => line.split(":"))
    .find(([, names]) => (names ?? "").split(",").includes(controller))
    ?.slice(2)
    .join(":");
  const directory = join("/sys/fs/cgroup", controller, path ?? "");
  const made = join(directory, `cofferdam-bench-${process.pid}`);
  if (path === undefined || !existsSync(join(directory, "cgroup.procs"))) throw new Error(`no cgroup v1 ${controller} controller`);
  mkdirSync(made);
  return { own: directory, made };
}

/** A cgroup can be removed once the kernel has let go of the last process in it. */
async function removeAll(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    for (let attempt = 0; existsSync(directory); attempt += 1) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if (attempt > 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
