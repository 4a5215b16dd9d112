import { fork } from "node:child_process";
import { jobFile } from "../harness/cofferdam.ts";
import { cpuMsSoFar } from "../harness/cpu-time.ts";
import type { FreshParams } from "./fresh-cofferdam.ts";

/** `fork` of an empty module and its exit, per job: no queue, no budget, nothing watched. */
export default async ({ jobs, concurrency }: FreshParams) => {
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(jobFile("exits"), { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`ended with code ${code}`))));
    });
  await Promise.all(Array.from({ length: concurrency }, one));
  let left = jobs;
  const cpuBefore = cpuMsSoFar();
  const startMs = performance.now();
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { msPerJob: (performance.now() - startMs) / jobs, cpuMsPerJob: (cpuMsSoFar() - cpuBefore) / jobs };
};
