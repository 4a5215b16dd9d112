// What real attempts leave behind and use, learned by type.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

test("handles and files that attempts leave are counted for their type; peaks are learned", async () => {
  await using harness = await startHarness({ lanes: { default: { concurrency: 1 } } });
  const { control } = harness.runtime;
  for (let count = 0; count < 3; count += 1) await harness.reaches(await harness.add("journal.careless"), "succeeded");
  const leaks = control.leaks().find(({ type }) => type === "journal.careless");
  assert.ok(leaks !== undefined && leaks.attempts === 3 && leaks.looked >= 1);
  assert.ok(leaks.handles >= 2 * leaks.looked, `${leaks.handles} handles after ${leaks.looked} looks: a server and a timer each`);
  assert.ok(leaks.scratchBytes >= 5000 * leaks.looked, `${leaks.scratchBytes} bytes`);
  const budget = control.budgets().find(({ type }) => type === "journal.careless");
  assert.ok(budget !== undefined && budget.observations === 3 && (budget.maxBytes ?? 0) > 10 * 1024 ** 2);
  assert.equal(budget.advice, "unknown");
});
