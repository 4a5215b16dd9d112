import assert from "node:assert/strict";
import { test } from "node:test";
import { decideVerdict } from "../../src/verdict/index.ts";
import { commandOf, evidenceOf, exitedWith, NO_RISES, signalled, threw } from "./evidence-of.ts";

function hypothesis(verdict: ReturnType<typeof decideVerdict>, cause: string) {
  return verdict.hypotheses.find((each) => each.cause === cause);
}

test("an unexplained SIGKILL keeps out-of-memory as a possibility only where no counter speaks", () => {
  const unknown = hypothesis(decideVerdict(evidenceOf(signalled("SIGKILL"))), "out-of-memory-elsewhere");
  assert.equal(unknown?.confidence, "possible");
  const quiet = hypothesis(decideVerdict(evidenceOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, machineOomKill: 0 } })), "out-of-memory-elsewhere");
  assert.equal(quiet?.confidence, "ruled-out");
  assert.ok((quiet?.against.length ?? 0) > 0);
});

test("an unexplained SIGKILL rules out what Cofferdam would have recorded", () => {
  const verdict = decideVerdict(evidenceOf(signalled("SIGKILL")));
  assert.equal(hypothesis(verdict, "cancelled")?.confidence, "ruled-out");
  assert.equal(hypothesis(verdict, "over-time")?.confidence, "ruled-out");
  assert.equal(hypothesis(verdict, "operator")?.confidence, "possible");
});

test("a program that is not there is not tried again; its error says which kind it is", () => {
  const missing = decideVerdict(commandOf({ launchFailure: { code: "ENOENT", message: "nope" } })).error;
  assert.deepEqual([missing?.code, missing?.retryable], ["command_not_found", false]);
  const denied = decideVerdict(commandOf({ launchFailure: { code: "EACCES", message: "nope" } })).error;
  assert.deepEqual([denied?.code, denied?.retryable], ["command_not_executable", false]);
});

test("a blocked loop carries its frames", () => {
  const stack = ["spin (jobs/x.ts:4:3)", "run (jobs/x.ts:9:1)"];
  const verdict = decideVerdict(evidenceOf({ intent: { kind: "block", limit: 100, observed: 150, atMs: 1 }, loop: { silentMs: 150, stack, state: "R", nativeCall: false } }));
  assert.deepEqual(verdict.stack, stack);
});

test("process.exit carries the frames of its caller", () => {
  const verdict = decideVerdict(evidenceOf({ ...exitedWith(3), report: { kind: "exiting", code: 3, stack: "Error: exit\n    at run (jobs/x.ts:4:3)\n    at main (x.ts:1:1)" } }));
  assert.deepEqual(verdict.stack, ["run (jobs/x.ts:4:3)", "main (x.ts:1:1)"]);
});

test("128 + n of a shell is a hypothesis", () => {
  assert.equal(hypothesis(decideVerdict(commandOf(exitedWith(139))), "crashed")?.confidence, "possible");
  assert.equal(hypothesis(decideVerdict(commandOf(exitedWith(137))), "killed")?.confidence, "possible");
  assert.equal(decideVerdict(commandOf(exitedWith(3))).hypotheses.length, 0);
});

test("the error that was thrown is passed on as it was", () => {
  const evidence = evidenceOf(threw("no such report", "E_REPORT", "ReportError"));
  assert.equal(decideVerdict(evidence).error, evidence.report?.kind === "threw" ? evidence.report.error : null);
});

test("a sampler that never read has no peak", () => {
  const verdict = decideVerdict(
    evidenceOf({ ...signalled("SIGKILL"), usage: { wallSeconds: 1, cpuSeconds: 0, memoryPeakBytes: 0, pidsPeak: 0, outputBytes: 0, memoryMethod: "none" } }),
  );
  assert.equal(verdict.evidence.find((fact) => fact.fact.startsWith("peak memory"))?.value, null);
});

test("a long message is cut in the summary and whole in the error", () => {
  const verdict = decideVerdict(evidenceOf(threw(`${"x".repeat(5000)}\nsecond line`)));
  assert.ok(verdict.summary.length < 400);
  assert.equal(verdict.error?.message.length, 5012);
});

test("the stage is named in the summary, also where a path or a message contains its name by chance", () => {
  const stages = [{ name: "report", budgetMs: 10_000, elapsedMs: 3, state: "open" as const }];
  const exited = decideVerdict(evidenceOf({ ...exitedWith(9), stages, report: { kind: "exiting", code: 9, stack: "Error: exit\n    at run (/srv/reports/x.ts:4:3)" } }));
  assert.match(exited.summary, /It was in stage report\.$/);
  const said = decideVerdict(evidenceOf({ ...threw("stage report took longer than its budget of 10 s", "stage_timeout"), stages }));
  assert.doesNotMatch(said.summary, /It was in/);
});

test("what a message speaks of without a code is a possibility, never the cause", () => {
  const locked = decideVerdict(evidenceOf(threw("import failed: database is locked")));
  assert.deepEqual([locked.cause, hypothesis(locked, "lock-contention")?.confidence], ["failed", "possible"]);
  const full = decideVerdict(evidenceOf(threw("SFTP server says: No space left on device")));
  assert.deepEqual([full.cause, hypothesis(full, "resource-exhausted")?.confidence], ["failed", "possible"]);
  assert.equal(decideVerdict(evidenceOf(threw("no such report"))).hypotheses.length, 0);
});

test("of a process that aborted, what the log speaks of is a possibility", () => {
  const heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
  const threads = "node[7]: pthread_create: Resource temporarily unavailable";
  const verdict = decideVerdict(evidenceOf({ ...signalled("SIGABRT"), logTail: [heap, threads, "going on"] }));
  assert.deepEqual(
    verdict.hypotheses.map(({ cause, confidence, for: [said] }) => [cause, confidence, said?.value]),
    [
      ["out-of-heap", "possible", heap],
      ["resource-exhausted", "possible", threads],
    ],
  );
  assert.deepEqual(decideVerdict(evidenceOf({ ...signalled("SIGABRT"), logTail: ["going on"] })).hypotheses, []);
});

test("a traceback above other output is told, and is no error of the attempt", () => {
  const verdict = decideVerdict(
    commandOf({ ...exitedWith(1), logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', "sqlite3.OperationalError: database is locked", "row 1 done"] }),
  );
  assert.deepEqual([verdict.cause, verdict.error], ["exited", null]);
  assert.ok(verdict.evidence.some(({ value, source }) => value === "sqlite3.OperationalError: database is locked" && source === "log"));
});
