import { fork } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { jobFile } from "../harness/cofferdam.ts";
import { memoryOf, treeOf } from "../harness/processes.ts";

export interface MemoryParams {
  readonly scratch: string;
  /** File in src/programs; plain JavaScript, since stripping types would itself take 30 MB. */
  readonly program: string;
  readonly job: string;
  /** Rest before each reading. */
  readonly settleMs: number;
  readonly redisPath: string;
  /** Jobs to run between the two readings; 0: there is nothing to run. */
  readonly jobs: number;
}

interface Answer {
  /** null: the main process does not know; it is what runs below it. */
  readonly workers: readonly WorkerFacts[] | null;
}

interface WorkerFacts {
  readonly pid: number;
  readonly attemptsDone: number;
}

/** Reads a main process and its workers twice: idle from the start, and idle again after some jobs. */
export default async ({ scratch, program, job, settleMs, redisPath, jobs }: MemoryParams) => {
  const env = { ...process.env, DATA_DIR: await mkdtemp(join(scratch, "memory-")), JOB_FILE: jobFile(job), REDIS_PATH: redisPath };
  const main = fork(join(import.meta.dirname, "..", "programs", program), { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const mainPid = main.pid ?? 0;
  const answer = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      main.once("message", (message: Answer) => resolve(message));
      main.once("exit", () => reject(new Error(`${program} ended`)));
    });
  const ask = async (runs: number): Promise<readonly WorkerFacts[]> => {
    main.send({ runs });
    const { workers } = await answer();
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return workers ?? treeOf(mainPid).flatMap(({ pid }) => (pid === mainPid ? [] : [{ pid, attemptsDone: 1 }]));
  };
  const before = read("Before", mainPid, await ask(0));
  const after =
    jobs === 0
      ? {}
      : read(
          "After",
          mainPid,
          (await ask(jobs)).filter(({ attemptsDone }) => attemptsDone > 0),
        );
  const ended = once(main, "exit");
  main.disconnect();
  await ended;
  return { ...before, ...after };
};

function read(when: "Before" | "After", mainPid: number, workers: readonly WorkerFacts[]): Readonly<Record<string, number>> {
  const main = memoryOf(mainPid);
  const largest = workers.map(({ pid }) => workerMemory(pid)).reduce((most, one) => (one.pssMb > most.pssMb ? one : most), { pssMb: 0, privateMb: 0 });
  const ofWorker = workers.length === 0 ? {} : { [`workerPss${when}`]: largest.pssMb, [`workerPrivate${when}`]: largest.privateMb };
  return { [`mainRss${when}`]: main.rssMb, [`mainPss${when}`]: main.pssMb, ...ofWorker };
}

/** The worker's process and whatever holds it, together. */
function workerMemory(pid: number): { readonly pssMb: number; readonly privateMb: number } {
  const all = treeOf(pid).map((facts) => memoryOf(facts.pid));
  return { pssMb: all.reduce((sum, { pssMb }) => sum + pssMb, 0), privateMb: all.reduce((sum, { privateMb }) => sum + privateMb, 0) };
}
