// Jobs that leave a child in their worker on purpose, rightly or wrongly.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { defineJob, type JobContext } from "cofferdam";

interface Input {
  readonly megabytes?: number;
  /** What its child does when it is to end. */
  readonly ending?: "ends" | "throws" | "hangs";
  readonly way?: "keeps" | "stops it" | "names a stranger" | "twice" | "counts" | "tells";
}

/** A child with so much memory, ready when it says so. Its handles do not keep the worker's loop alive. */
async function startChild(megabytes: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", `globalThis.held = Buffer.alloc(${megabytes} * 1e6, 1); console.log("ready"); setInterval(() => {}, 60000)`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (child.stdout === null) throw new Error("no pipe");
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.unref();
  return child;
}

/** The kernel stops it when it next runs: on a busy machine that is after the signal was sent. */
async function stop(child: ChildProcess, pid: number): Promise<void> {
  child.kill("SIGSTOP");
  while (!/^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) await nextTurn();
}

/** Why children were given up in this worker, and whether what was kept in the directory is still there. */
const ended: string[] = [];
let kept = 0;

async function keeps(job: JobContext<unknown>): Promise<unknown> {
  const { megabytes = 1, ending = "ends", way = "keeps" } = job.input as Input;
  const { keeper } = job;
  if (keeper === null) return { keeper };
  if (way === "tells") return { ended, kept, directory: keeper.directory };
  if (way === "counts") {
    job.count("rows", 3);
    job.count("rows");
    job.count("never", 0);
    const refused = ["", "a b", "x".repeat(81)].map((name) => {
      try {
        job.count(name);
        return "taken";
      } catch (error) {
        return error instanceof TypeError ? "refused" : "?";
      }
    });
    return { refused };
  }
  const child = await startChild(megabytes);
  const pid = child.pid ?? 0;
  const exited = once(child, "exit");
  writeFileSync(join(keeper.directory, `${pid}`), "still here");
  const end = async (reason: string): Promise<void> => {
    ended.push(reason);
    if (ending === "throws") throw new Error("it will not");
    if (ending === "hangs") await new Promise(() => undefined);
    child.ref();
    child.kill("SIGKILL");
    await exited;
    kept -= 1;
  };
  kept += 1;
  const answer = keeper.keep({ pid: way === "names a stranger" ? 1 : pid, what: "a child", end });
  if (way === "twice") keeper.release(pid);
  if (way === "stops it") await stop(child, pid);
  return { pid, answer, directory: keeper.directory };
}

const budget = { memory: "300MB", pids: 100, time: "1m" } as const;
export const plain = defineJob({ type: "kept.plain", budget, run: keeps });
export const other = defineJob({ type: "kept.other", budget, run: keeps });
export const alone = defineJob({ type: "kept.alone", budget, isolation: "process", run: keeps });
