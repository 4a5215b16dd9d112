import { readFileSync } from "node:fs";

/** The most that this process ever had in memory, as the kernel counts it. */
export function peakRssMib(pid: number | "self" = "self"): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
