// Jobs that leave their browser to the next one, in order or with something wrong; and a job of another type.
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { defineJob, type JobContext } from "cofferdam";
import { openBrowser, type BrowserEventKind, type ReuseRules } from "../../src/index.ts";

interface Input {
  readonly way?: "in order" | "leaves a context open" | "forgets the session" | "freezes it" | "is cut";
  readonly reuse?: boolean | Partial<ReuseRules>;
  readonly pagesMax?: number;
  readonly args?: readonly string[];
}

const input = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: typeof value === "object" && value !== null ? value : {} }), types: undefined },
} as const;

/** The kernel stops a process when it next runs: on a busy machine that is after the signal was sent. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  while (!/^State:\t[TZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) await nextTurn();
}

async function browse(job: JobContext<Input>): Promise<unknown> {
  const { way = "in order", reuse = true, pagesMax = 100, args = [] } = job.input;
  const events: BrowserEventKind[] = [];
  const cut = new AbortController();
  const session = await openBrowser(
    { signal: AbortSignal.any([job.signal, cut.signal]), scratch: job.scratch, keeper: job.keeper, count: job.count },
    { reuse, args, retire: { pagesMax }, onEvent: ({ kind }) => events.push(kind) },
  );
  const processes = session.processes();
  const cookies = await session.withPage(async (page) => {
    await page.goto("data:text/html,<title>kept</title>");
    const before = await page.context().cookies();
    await page.context().addCookies([{ name: "mine", value: "1", url: "http://127.0.0.1:9" }]);
    return before.length;
  });
  if (way === "leaves a context open") await session.newContext();
  if (way === "is cut") cut.abort(new Error("cut"));
  if (way === "forgets the session") return { forgotten: processes.length };
  const { kept } = await session.close();
  if (way === "freezes it") for (const pid of processes) await freeze(pid);
  return { kept, cookies, events, worker: process.pid };
}

export const first = defineJob({ type: "reuse.first", input, budget: { memory: "1GB", pids: 300, time: "1m" }, run: browse });
export const other = defineJob({ type: "reuse.other", input, budget: { memory: "1GB", pids: 300, time: "1m" }, run: browse });
