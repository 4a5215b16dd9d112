// Jobs that write down what they do, one line each, with O_APPEND: the test reads the truth from there.
import { appendFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { setTimeout as pauseMs } from "node:timers/promises";
import { defineCommand, defineJob, type JobContext } from "cofferdam";

interface Input {
  readonly file: string;
  readonly ms?: number;
  readonly steps?: number;
}

function note(job: JobContext<unknown>, what: string): void {
  const { file } = inputOf(job);
  appendFileSync(file, `${JSON.stringify({ what, id: job.id, attempt: job.attempt, attemptId: job.attemptId, from: job.resumeFrom ?? null })}\n`);
}

function inputOf(job: JobContext<unknown>): Input {
  return job.input as Input;
}

export const writes = defineJob({
  type: "journal.writes",
  retry: { deaths: 20, attempts: 20, backoff: { base: "10ms", max: "20ms" } },
  async run(job) {
    note(job, "start");
    const { ms } = inputOf(job);
    if (ms !== undefined) await pauseMs(ms);
    note(job, "end");
    return { attempt: job.attempt };
  },
});

/** Two lines of its own in its log, and time between them for others. */
export const says = defineJob({
  type: "journal.says",
  async run(job) {
    console.log(`${job.id} first`);
    await pauseMs(1);
    console.log(`${job.id} last`);
  },
});

/** Ends only when it is asked to; says how it was asked. */
export const waits = defineJob({
  type: "journal.waits",
  retry: { backoff: { base: "10ms", max: "20ms" } },
  grace: "10s",
  async run(job) {
    note(job, "start");
    await new Promise<void>((resolve) => {
      const hold = setInterval(() => undefined, 60_000);
      job.signal.addEventListener("abort", () => {
        clearInterval(hold);
        resolve();
      });
    });
    await job.checkpoint({ asked: (job.signal.reason as { kind: string }).kind });
    note(job, `asked ${(job.signal.reason as { kind: string }).kind}`);
    throw job.signal.reason;
  },
});

/** Hears nothing. */
export const deaf = defineJob({
  type: "journal.deaf",
  grace: "100ms",
  async run(job) {
    note(job, "start");
    await new Promise(() => {
      setInterval(() => undefined, 60_000);
    });
  },
});

/** Kills its own process after each step; the next attempt goes on from the checkpoint. */
export const resumes = defineJob({
  type: "journal.resumes",
  retry: { deaths: 10, backoff: { base: "5ms", max: "10ms" } },
  async run(job) {
    const from = typeof job.resumeFrom === "number" ? job.resumeFrom : 0;
    const { steps = 3 } = inputOf(job);
    note(job, `step ${from}`);
    await job.checkpoint(from + 1);
    if (from + 1 < steps) process.kill(process.pid, "SIGKILL");
    return { steps: from + 1 };
  },
});

export const leaks = defineJob({
  type: "journal.leaks",
  async run(job) {
    const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    child.unref();
    note(job, "leaked");
  },
});

export const fresh = defineJob({
  type: "journal.fresh",
  isolation: "process",
  run() {
    const seen = (globalThis as { seen?: number }).seen ?? 0;
    (globalThis as { seen?: number }).seen = seen + 1;
    return { seen };
  },
});

export const warm = defineJob({
  type: "journal.warm",
  concurrency: 1,
  run() {
    const seen = (globalThis as { seen?: number }).seen ?? 0;
    (globalThis as { seen?: number }).seen = seen + 1;
    return { seen };
  },
});

export const command = defineCommand({
  type: "journal.command",
  command: ["sh", "-c", 'cat; printf "\\n{\\"done\\":1,\\"total\\":2,\\"note\\":\\"half\\"}\\n" >&"$COFFERDAM_PROGRESS_FD"; echo "arg={input.file}"; echo "err" >&2'],
});

/** Ends when somebody opens the named pipe for writing. */
export const until = defineJob({
  type: "journal.until",
  async run(job) {
    note(job, "start");
    await readFile((job.input as { pipe: string }).pipe);
    console.log("the pipe was opened");
    return "released";
  },
});

/** Keeps what it allocates: a leak inside of the process. */
export const grows = defineJob({
  type: "journal.grows",
  concurrency: 1,
  run() {
    const kept = ((globalThis as { kept?: Buffer[] }).kept ??= []);
    kept.push(Buffer.alloc(64 * 1024 * 1024, 1));
    return { kept: kept.length };
  },
});

/** What the kernel says of its priority. */
export const priority = defineJob({
  type: "journal.priority",
  async run() {
    const { getPriority } = await import("node:os");
    return { nice: getPriority(), autogroup: await readFile("/proc/self/autogroup", "utf8").catch(() => null) };
  },
});

/** What this module and this attempt see of one variable. */
const seenAtLoad = process.env["JOURNAL_WORD"];
export const environment = defineJob({
  type: "journal.environment",
  run: async () => ({ load: seenAtLoad, run: process.env["JOURNAL_WORD"], token: process.env["COFFERDAM_TOKEN"] ?? null }),
});

/** Says something, stores a checkpoint, reports progress, and never ends. */
export const speaks = defineJob({
  type: "journal.speaks",
  retry: { backoff: { base: "1h", max: "1h" } },
  async run(job) {
    console.log("a last line before the end");
    await job.checkpoint({ page: 3 });
    job.progress({ note: "spoken" });
    await new Promise(() => {
      setInterval(() => undefined, 60_000);
    });
  },
});

/** The same as a command. */
export const speaksCommand = defineCommand({
  type: "journal.speaks-command",
  retry: { backoff: { base: "1h", max: "1h" } },
  command: ["sh", "-c", 'echo "a last line before the end"; echo "{\\"note\\":\\"spoken\\"}" >&"$COFFERDAM_PROGRESS_FD"; exec sleep 600'],
});

/** Fills this much memory outside of the heap, page by page, and lets go of it. */
export const allocates = defineJob({
  type: "journal.allocates",
  budget: { memory: "128MB" },
  isolation: "process",
  async run(job) {
    note(job, "start");
    const { mib = 0 } = job.input as Input & { readonly mib?: number };
    const held: Buffer[] = [];
    for (let count = 0; count < mib; count += 4) {
      held.push(Buffer.alloc(4 * 1024 ** 2, 1));
      await pauseMs(1);
    }
    return held.length;
  },
});

/** Fails or not, as its input says; with a named pipe not before somebody opens it for writing. */
export const switched = defineJob({
  type: "journal.switch",
  retry: { attempts: 1 },
  async run(job) {
    const { fail, pipe } = job.input as { readonly fail?: boolean; readonly pipe?: string };
    if (pipe !== undefined) await readFile(pipe);
    if (fail === true) throw new Error("as its input says");
  },
});

/** Leaves a server, a timer and a file. */
export const careless = defineJob({
  type: "journal.careless",
  async run(job) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    setInterval(() => undefined, 60_000);
    writeFileSync(join(job.scratch, "left.txt"), "x".repeat(5000));
    await pauseMs(120);
  },
});

/** Waits to be hit. */
export const prey = defineJob({
  type: "journal.prey",
  budget: { memory: "128MB", output: "2MB", block: "2s", time: "60s" },
  retry: { deaths: 1, attempts: 1 },
  async run() {
    await pauseMs(60_000);
  },
});
