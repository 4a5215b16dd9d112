// A profile of a running job: taken through its inspector, also while its loop is blocked; the stack of a later breach can still be taken.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

const DEFINE = new URL("../../src/define.ts", import.meta.url).href;

interface CpuProfile {
  readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[];
}

test("a running Node job is profiled, also while its loop is blocked, and a breach afterwards still finds its frame", async () => {
  const jobs = await mkdtemp(join(tmpdir(), "cofferdam-profile-"));
  await writeFile(
    join(jobs, "spins.mjs"),
    `import { defineJob } from ${JSON.stringify(DEFINE)};
function spinHard() { for (;;) Math.sqrt(Date.now()); }
export default defineJob({ type: "spins", budget: { block: "15s" }, retry: { attempts: 1, deaths: 1 }, async run(job) { job.progress({ note: "spinning" }); await new Promise(setImmediate); spinHard(); } });
`,
  );
  try {
    await using harness = await startHarness({ jobs: [jobs] });
    const { control } = harness.runtime;
    const { id } = await control.enqueue({ type: "spins" });
    await harness.event((event) => event.kind === "attempt.progress" && event.jobId === id);
    const cpu = JSON.parse(await control.profile(id, "cpu", 300)) as CpuProfile;
    // V8 may have put the one into the other.
    assert.ok(
      cpu.nodes.some(({ callFrame }) => callFrame.functionName === "spinHard" || callFrame.functionName === "run"),
      JSON.stringify(cpu.nodes.map(({ callFrame }) => callFrame.functionName)),
    );
    const heap = JSON.parse(await control.profile(id, "heap", 200)) as { head: object };
    assert.equal(typeof heap.head, "object");
    await harness.event((event) => event.kind === "attempt.ended" && event.jobId === id);
    const { verdict } = await control.attempt(id, 1);
    assert.equal(verdict.cause, "blocked");
    assert.match(verdict.stack[0] ?? "", /^spinHard /);
    await assert.rejects(control.profile(id, "cpu", 100), { code: "not_profiled" });
  } finally {
    await rm(jobs, { recursive: true, force: true });
  }
});
