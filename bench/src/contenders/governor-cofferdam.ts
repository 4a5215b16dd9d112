import { mkdtemp } from "node:fs/promises";
import { jobFile, withRuntime } from "../harness/cofferdam.ts";
import { treeOf } from "../harness/processes.ts";

export interface GovernorParams {
  readonly scratch: string;
  /** 0: a runtime that has nothing to do, for comparison. */
  readonly workers: number;
  readonly childrenEach: number;
  readonly memoryBytes: number;
  readonly seconds: number;
}

/** CPU time of the whole main process (governor, store thread, everything) while attempts run that do nothing themselves. */
export default async ({ scratch, workers, childrenEach, memoryBytes, seconds }: GovernorParams) =>
  withRuntime(await mkdtemp(`${scratch}/governor-`), { jobs: [jobFile("holds-children")], lanes: { default: { concurrency: Math.max(2, workers) } } }, async (runtime) => {
    const { control } = runtime;
    const holding = Promise.withResolvers<void>();
    let ready = 0;
    runtime.onEvent((event) => {
      if (event.kind === "attempt.ended") holding.reject(new Error(`an attempt ended: ${event.summary}`));
      if (event.kind === "attempt.progress") ready += 1;
      if (ready >= workers) holding.resolve();
    });
    const ids: string[] = [];
    for (let index = 0; index < workers; index += 1) {
      const { id } = await control.enqueue({ type: "holds-children", input: JSON.stringify({ children: childrenEach, memoryBytes }) });
      ids.push(id);
    }
    if (workers > 0) await holding.promise;
    // The start has its own cost; what is meant is the time after it.
    await new Promise((resolve) => setTimeout(resolve, 1500));

    const processes = treeOf(process.pid).length - 1;
    const before = process.cpuUsage();
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const { user, system } = process.cpuUsage(before);
    const cpuPercent = (user + system) / 10 / (performance.now() - startMs);

    const memoryShares = control
      .workers()
      .flatMap(({ attempt, memoryBytes: used, memoryLimitBytes }) => (attempt === null || memoryLimitBytes === null ? [] : [used / memoryLimitBytes]));
    if (memoryShares.length !== workers) throw new Error(`${memoryShares.length} of ${workers} attempts still run`);
    // They are told to end, and end well: nothing here is killed.
    for (const id of ids) await control.cancel(id, { mode: "graceful", by: "bench", reason: "measured" });
    return { cpuPercent, processes, memoryShare: memoryShares.length === 0 ? 0 : Math.max(...memoryShares) };
  });
