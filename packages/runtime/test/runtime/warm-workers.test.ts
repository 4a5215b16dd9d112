import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

test("of each kind as many workers are kept warm as its job types can use at once, two at most", async () => {
  await using harness = await startHarness({ jobs: [join(import.meta.dirname, "warm-jobs")] });
  const { control } = harness.runtime;
  const living = (): Record<string, number> => {
    const byMib = Map.groupBy(control.workers(), ({ memoryLimitBytes }) => (memoryLimitBytes ?? 0) / 1024 ** 2);
    return Object.fromEntries([...byMib].map(([mib, workers]) => [mib, workers.length]));
  };
  assert.deepEqual(living(), { 150: 1, 160: 2, 170: 2 });
  const only = control.workers().find(({ memoryLimitBytes }) => memoryLimitBytes === 150 * 1024 ** 2);
  assert.ok(only !== undefined);
  control.recycleWorker(only.id);
  await harness.event((event) => event.kind === "worker.ended" && event.workerId === only.id);
  assert.deepEqual(living(), { 150: 1, 160: 2, 170: 2 }, "one that ended has a successor");
  await harness.reaches(await harness.add("budgets.alone"), "succeeded");
});
