import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CAUSES, type RuntimeEvent } from "../../src/model/index.ts";
import { formatEvent, formatSlow } from "../../src/cli/index.ts";
import { exitCodeOf } from "../../src/cli/exit-codes.ts";
import { wordOf } from "../../src/cli/format-event.ts";

const job = { atMs: 1_000_000, jobId: "j_1", type: "feed.import", lane: "imports" };
const attempt = { ...job, attemptId: "a_1", attempt: 1 };
type Ended = Extract<RuntimeEvent, { kind: "attempt.ended" }>;
const ended: Ended = {
  ...attempt,
  kind: "attempt.ended",
  cause: "succeeded",
  summary: "It returned.",
  startedAtMs: 928_980,
  wallMs: 71_020,
  memoryPeakBytes: 512 * 1024 ** 2,
  pidsPeak: 1,
  incidentId: null,
  leaks: [],
  next: "complete",
  retryAtMs: null,
  movedTo: null,
};

describe("status lines", () => {
  it("say that an attempt began", () => {
    const line = formatEvent({ ...attempt, kind: "attempt.started", workerId: "w_1", pid: 5, waitMs: 2 });
    assert.equal(line, "       START [          ] imports  feed.import      j_1");
    assert.match(formatEvent({ ...attempt, attempt: 2, kind: "attempt.started", workerId: "w_1", pid: 5, waitMs: 2 }) ?? "", /j_1 attempt 2$/);
  });

  it("say that it is done, and flaky when it was not the first", () => {
    assert.equal(formatEvent(ended), "        DONE [   71.020s] imports  feed.import      j_1 peak 512 MiB");
    assert.match(formatEvent({ ...ended, attempt: 2 }) ?? "", /DONE .* FLAKY: attempt 2 peak/);
  });

  it("say what died, what follows and what was left behind", () => {
    const text = formatEvent({
      ...ended,
      cause: "over-memory",
      summary: "The tree used 768 MiB of 768 MiB.",
      next: "retry",
      retryAtMs: job.atMs + 40_000,
      leaks: [{ kind: "process", pid: 7, command: "x", state: "ended" }],
    });
    assert.deepEqual(text?.split("\n"), [
      "         OOM [   71.020s] imports  feed.import      j_1 over-memory The tree used 768 MiB of 768 MiB.",
      "        LEAK [   71.020s] imports  feed.import      j_1 1 process left behind, ended",
      "       RETRY [   in 40s ] imports  feed.import      j_1 attempt 2",
    ]);
    assert.match(formatEvent({ ...ended, cause: "killed", next: "quarantine" }) ?? "", /KILL .* -> quarantined$/);
  });

  it("never say OOM without proof of memory", () => {
    assert.deepEqual(
      CAUSES.filter((cause) => wordOf(cause) === "OOM"),
      ["out-of-heap", "over-memory", "oom-killed"],
    );
  });

  it("say nothing about progress, and one line for what is slow", () => {
    assert.equal(formatEvent({ ...attempt, kind: "attempt.progress", done: 1, total: null, note: null }), null);
    assert.equal(formatSlow({ ...attempt, runningMs: 60_400, progress: "1200 rows" }), "        SLOW [>      60s] imports  feed.import      j_1 1200 rows");
  });

  it("colour only the word", () => {
    assert.equal(formatEvent(ended, { color: true }), "\u001b[32m        DONE\u001b[0m [   71.020s] imports  feed.import      j_1 peak 512 MiB");
  });

  it("keep every line whole, whatever a job says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...CAUSES), (summary, cause) => {
        const text = formatEvent({ ...ended, summary: `${summary}\u001b[2J\n`, cause }) ?? "";
        assert.doesNotMatch(text, /\p{Cc}/u);
        assert.match(text, /^ {5,}[A-Z]+ \[/);
      }),
    );
  });
});

it("every cause has the exit code of its kind", () => {
  const codes = Object.groupBy(CAUSES, (cause) => String(exitCodeOf(cause)));
  assert.deepEqual(codes[0], ["succeeded"]);
  assert.deepEqual(codes[100], ["failed", "exited", "resource-exhausted", "lock-contention"]);
  assert.deepEqual(codes[102], ["over-time"]);
  assert.deepEqual(codes[103], ["cancelled"]);
  assert.deepEqual(codes[101], ["out-of-heap", "over-memory", "oom-killed", "over-pids", "stalled", "blocked", "over-output", "crashed", "killed", "lost"]);
});
