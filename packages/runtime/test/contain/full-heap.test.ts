import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { contain, type Outcome } from "../../src/contain.ts";
import type { BudgetOptions } from "../../src/model/index.ts";
import { programFile } from "../programs/model.ts";

let scratch = "";
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cofferdam-full-heap-"));
  process.env["COFFERDAM_SCRATCH"] = scratch;
});
after(() => rm(scratch, { recursive: true, force: true }));

const run = (program: string, budget: BudgetOptions): Promise<Outcome> => contain({ module: programFile(program), budget, nice: 5 });

/** Takes the machine's time away from a program that is nice, while the work runs. */
async function besideBusyLoops<Result>(work: () => Promise<Result>): Promise<Result> {
  const loops = [1, 2].map(() => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
  try {
    await Promise.all(loops.map((loop) => once(loop, "spawn")));
    return await work();
  } finally {
    await Promise.all(
      loops.map((loop) => {
        const exit = once(loop, "exit");
        loop.kill("SIGKILL");
        return exit;
      }),
    );
  }
}

describe("a loop that is blocked by a full heap, on a machine that gives it little time", () => {
  it("is out-of-heap, although the block budget was the first to be broken", async () => {
    const { verdict, evidence } = await besideBusyLoops(() => run("blocks-with-full-heap.ts", { memory: "160MB", block: "1s" }));
    const said = JSON.stringify({ verdict, loop: evidence.loop });
    assert.equal(evidence.intent?.kind, "block", said);
    assert.equal(verdict.cause, "out-of-heap", said);
    assert.match(verdict.summary, /^The JavaScript heap was full \(.* of .*\).*the event loop had not turned for .* \(block limit 1 s\)\.$/);
    // Where it was is known as long as V8 does not give up before it could be asked.
    if (verdict.confidence === "certain") assert.match(verdict.summary, /: V8 gave up after the event loop/);
    else
      assert.ok(
        verdict.stack.some((frame) => frame.includes("blocks-with-full-heap.ts")),
        said,
      );
  });

  it("is blocked when it only computes, and its heap speaks against memory", async () => {
    const { verdict } = await besideBusyLoops(() => run("loops-forever.ts", { block: "500ms" }));
    assert.equal(verdict.cause, "blocked", JSON.stringify(verdict));
    const memory = verdict.hypotheses.find(({ cause }) => cause === "memory-exhaustion");
    assert.ok(
      memory?.against.some(({ fact }) => fact.startsWith("heap used")),
      JSON.stringify(memory),
    );
  });
});
