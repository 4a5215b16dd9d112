import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processesWith } from "../harness/processes.ts";
import type { EndTreeParams } from "./end-tree-contain.ts";

/** What most code does: a process group of its own and one SIGKILL to it. Quick, and what left the group stays. */
export default async ({ scratch, samples, command, env }: EndTreeParams) => {
  const killToExitMs: number[] = [];
  const leftBehind: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const mark = `COFFERDAM_BENCH_TREE=${randomUUID()}`;
    const [program = "", ...words] = command;
    const child = spawn(program, words, {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, ...env, COFFERDAM_BENCH_TREE: mark.split("=")[1], GO_FILE: join(scratch, mark) },
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await writeFile(join(scratch, mark), "");
    while (processesWith(mark).length < 20) await new Promise((resolve) => setTimeout(resolve, 30));
    const startMs = performance.now();
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    killToExitMs.push(performance.now() - startMs);
    // What was hit may need a moment to go; what left the group has all the time it wants.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const left = processesWith(mark);
    leftBehind.push(left.length);
    for (const { pid } of left) process.kill(pid, "SIGKILL");
    await rm(join(scratch, mark));
  }
  return { killToExitMs, leftBehind };
};
