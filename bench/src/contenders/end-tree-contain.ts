import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { contain, type ContainOptions } from "cofferdam";
import { isAlive, processesWith, treeOf, type ProcessFacts } from "../harness/processes.ts";

export interface EndTreeParams {
  readonly scratch: string;
  readonly samples: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Memory budget that the tree breaks on the signal; null: it is cancelled with no grace instead. */
  readonly memory: string | null;
  readonly tier: "auto" | "pidns" | "scan";
  /** The tree is complete when it has so many processes. */
  readonly processesMin: number;
}

/** Breaks a memory budget with a complete tree, or cancels it, many times; then looks for every process of it with our own eyes. */
export default async ({ scratch, samples, command, env, memory, tier, processesMin }: EndTreeParams) => {
  const intentToEmptyMs: number[] = [];
  const treeSizes: number[] = [];
  const died: string[] = [];
  let tierUsed = "";
  while (intentToEmptyMs.length < samples) {
    const mark = `COFFERDAM_BENCH_TREE=${randomUUID()}`;
    const goFile = join(scratch, mark);
    const cancel = new AbortController();
    const options: ContainOptions = {
      command,
      budget: { memory, time: "60s" },
      graceMs: 0,
      signal: cancel.signal,
      tier,
      env: { ...process.env, ...env, COFFERDAM_BENCH_TREE: mark.split("=")[1], GO_FILE: goFile },
    };
    const outcomePromise = contain(options);
    let isOver = false;
    void outcomePromise.finally(() => (isOver = true));
    const tree = await completeTree(mark, processesMin, () => isOver);
    if (tree === null) {
      // Not what is measured here, but said: one in ten may die by itself before anybody ends it.
      died.push((await outcomePromise).verdict.summary);
      if (died.length > samples / 10) throw new Error(`${died.length} ended before their tree was complete: ${died.join("; ")}`);
      continue;
    }
    if (memory === null) cancel.abort(new Error("bench"));
    else writeFileSync(goFile, "");
    const outcome = await outcomePromise;
    const emptyAtMs = Date.now();
    // Immediately, before anything else is awaited: the outcome says that the tree is empty, and so it must be.
    const left = [...processesWith(mark), ...tree.filter(isAlive)];
    await rm(goFile, { force: true });
    const { intent } = outcome.evidence;
    if (left.length > 0) throw new Error(`after the outcome there still were: ${left.map(({ pid, command: name }) => `${pid} ${name}`).join("; ")}`);
    if (outcome.verdict.cause !== (memory === null ? "cancelled" : "over-memory") || intent === null)
      throw new Error(`ended as ${outcome.verdict.cause} at ${Math.round(outcome.usage.memoryPeakBytes / 1e6)} MB: ${outcome.verdict.summary}`);
    intentToEmptyMs.push(emptyAtMs - intent.atMs);
    treeSizes.push(tree.length);
    tierUsed = outcome.enforcement.tier;
  }
  return { intentToEmptyMs, treeSizes, tierUsed, died: died.length };
};

/** All processes of the tree, known by their environment or by descent from one that is. */
async function completeTree(mark: string, processesMin: number, isOver: () => boolean): Promise<readonly ProcessFacts[] | null> {
  let steady = 0;
  let before = 0;
  for (;;) {
    const known = new Map<number, ProcessFacts>();
    for (const { pid } of processesWith(mark)) for (const facts of treeOf(pid)) known.set(facts.pid, facts);
    steady = known.size === before ? steady + 1 : 0;
    before = known.size;
    // Browsers go on starting helpers for a while: complete is what no longer changes.
    if (known.size >= processesMin && steady >= 3) return [...known.values()];
    if (isOver()) return null;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
