// Admission by reservation with real processes: a job that does not fit waits, and is told why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

test("two jobs that do not fit together run one after the other; the ledger and `why` say it with numbers", async ({ signal }) => {
  // journal.waits has the default budget of 512 MB: 800 MB take one of them.
  await using harness = await startHarness({ memory: { limit: "800MB", margin: "100MB", gate: false } });
  const { control } = harness.runtime;
  const first = await harness.add("journal.waits");
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === first);
  const second = await harness.add("journal.waits");
  // It is claimed, found not to fit and given back; each question waits for the answer of the store.
  let [why] = await control.why(second);
  while (!signal.aborted && (why?.code !== "memory-full" || control.ledger().blocked.length === 0)) [why] = await control.why(second);
  const ledger = control.ledger();
  assert.deepEqual([ledger.limit, ledger.capacityBytes, ledger.reservedBytes], [{ bytes: 800 * 1024 ** 2, source: "configured" }, 700 * 1024 ** 2, 512 * 1024 ** 2]);
  assert.deepEqual(
    ledger.blocked.map(({ type, jobId }) => [type, jobId]),
    [["journal.waits", second]],
  );
  assert.equal(why?.code, "memory-full");
  assert.match(why?.text ?? "", /needs 512 MiB; 512 MiB of 700 MiB are reserved by 1 that run/);
  await control.cancel(first, { mode: "graceful", by: "test", reason: "make room" });
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === second);
  await control.cancel(second, { mode: "graceful", by: "test", reason: "done" });
  const record = await harness.reaches(second, "cancelled");
  assert.equal(record.attempts, 1, "waiting cost nothing");
});
