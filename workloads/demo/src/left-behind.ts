import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** In the environment of everything that the demo starts, directly or not. */
export const MARK_NAME = "COFFERDAM_DEMO_MARK";

export interface Survivor {
  readonly pid: number;
  readonly command: string;
}

/** The demo's own census, which trusts nobody's word: every process of this machine that carries the mark, but not this one. */
export function findMarked(mark: string): readonly Survivor[] {
  return (process.platform === "linux" ? readProc(mark) : readPs(mark)).filter(({ pid }) => pid !== process.pid);
}

function readProc(mark: string): Survivor[] {
  const found: Survivor[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/environ`, "latin1").includes(`${MARK_NAME}=${mark}`)) continue;
      found.push({ pid: Number(entry), command: readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim() });
    } catch {
      // it has ended in between, or belongs to somebody else
    }
  }
  return found;
}

function readPs(mark: string): Survivor[] {
  const { stdout } = spawnSync("ps", ["-Eww", "-A", "-o", "pid=,command="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.includes(`${MARK_NAME}=${mark}`))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().slice(0, 100) }));
}
