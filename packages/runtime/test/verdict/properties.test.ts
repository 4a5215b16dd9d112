import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CAUSES, type AttemptEvidence } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { errorOf, evidenceOf } from "./evidence-of.ts";

const WORDS = [
  "",
  "hello",
  "heap out of memory",
  "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  "# Fatal JavaScript invalid size error 1",
  "uv_thread_create",
  "Traceback (most recent call last):",
  "OSError: [Errno 28] No space left on device",
  "database is locked",
  "Node.js v24.1.0",
  "Error: EMFILE: x",
  "Killed",
  "Out of memory: Killed process 7",
];
const CODES = [null, "ENOENT", "EAGAIN", "EMFILE", "SQLITE_BUSY", "55P03", "1205", "ERR_WORKER_OUT_OF_MEMORY"];

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const count = fc.integer({ min: 0, max: 5 });
const amount = fc.integer({ min: 0, max: 2 ** 40 });

const intent: fc.Arbitrary<AttemptEvidence["intent"]> = nullable(
  fc.oneof(
    fc.record({ kind: fc.constantFrom("memory", "pids", "time", "stall", "block", "output"), limit: amount, observed: amount, atMs: count }),
    fc.record({ kind: fc.constant("cancel" as const), by: fc.string(), reason: fc.string(), mode: fc.constantFrom("graceful", "kill"), atMs: count }),
    fc.record({ kind: fc.constantFrom("drain", "preempt"), reason: fc.string(), atMs: count }),
  ),
);
const error = fc.record({ message: fc.oneof(fc.string(), fc.constantFrom(...WORDS)), code: fc.constantFrom(...CODES) }).map(({ message, code }) => errorOf(message, code));
const report: fc.Arbitrary<AttemptEvidence["report"]> = nullable(
  fc.oneof(
    fc.record({ kind: fc.constant("returned" as const), resultBytes: amount }),
    fc.record({ kind: fc.constantFrom("threw", "uncaught"), error }),
    fc.record({ kind: fc.constant("exiting" as const), code: fc.integer({ min: 0, max: 255 }), stack: nullable(fc.string()) }),
    fc.constant({ kind: "drained" as const }),
  ),
);

const anyEvidence: fc.Arbitrary<AttemptEvidence> = fc
  .record({
    kind: fc.constantFrom("module" as const, "command" as const),
    launchFailure: fc.oneof(
      { weight: 9, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.record({ code: fc.constantFrom("ENOENT", "EACCES", "E2BIG", "EAGAIN", "ENOMEM", "OTHER"), message: fc.string() }) },
    ),
    intent,
    exit: nullable(
      fc.record({ code: nullable(fc.integer({ min: 0, max: 255 })), signal: nullable(fc.constantFrom("SIGKILL", "SIGTERM", "SIGSEGV", "SIGABRT", "SIGTRAP", "SIGXCPU", "SIG35")) }),
    ),
    report,
    fatalReport: nullable(
      fc.record({
        event: fc.constantFrom(...WORDS),
        trigger: fc.constantFrom("OOMError", "FatalError"),
        heapUsedBytes: nullable(amount),
        heapLimitBytes: nullable(amount),
        source: fc.constant("fatal.json"),
      }),
    ),
    kernel: fc.record({ oomKill: nullable(count), ownLimitHit: nullable(fc.boolean()), machineOomKill: nullable(count), pidsRefused: nullable(count) }),
    loop: fc.record({ silentMs: amount, stack: fc.array(fc.string(), { maxLength: 2 }), state: nullable(fc.constantFrom("R", "S", "D", "T")), nativeCall: fc.boolean() }),
    logTail: fc.array(fc.oneof(fc.string(), fc.constantFrom(...WORDS)), { maxLength: 4 }),
    monitor: fc.record({ samples: count, failedReads: count, lagMsMax: amount }),
    lostOwner: nullable(fc.record({ reason: fc.constantFrom("supervisor-died", "machine-rebooted"), detail: fc.string() })),
  })
  .map((difference) => evidenceOf(difference));

const RUNS = { numRuns: 3000 };

test("always exactly one cause of the set, with a sentence, and never a throw", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const verdict = decideVerdict(evidence);
      assert.ok(CAUSES.includes(verdict.cause));
      assert.ok(verdict.summary.length > 10);
      assert.ok(verdict.evidence.length > 0);
    }),
    RUNS,
  );
});

test("the same evidence gives the same verdict, and is not changed", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const before = JSON.stringify(evidence);
      assert.deepEqual(decideVerdict(evidence), decideVerdict(structuredClone(evidence)));
      assert.equal(JSON.stringify(evidence), before);
    }),
    RUNS,
  );
});

test("memory is named only with an intent or a counter that rose", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { cause } = decideVerdict(evidence);
      const { oomKill, ownLimitHit } = evidence.kernel;
      if (cause === "over-memory") assert.ok(evidence.intent?.kind === "memory" || ((oomKill ?? 0) > 0 && ownLimitHit === true));
      if (cause === "oom-killed") assert.ok((oomKill ?? 0) > 0);
    }),
    RUNS,
  );
});

test("what only we can do is named only with our recorded intent", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { cause } = decideVerdict(evidence);
      const kind = evidence.intent?.kind;
      if (cause === "cancelled") assert.ok(kind === "cancel" || kind === "drain" || kind === "preempt");
      // Commands report nothing.
      if (cause === "killed" && (evidence.kind === "module" || evidence.report === null)) assert.equal(kind, undefined, "a signal that we did not send");
      if (cause === "over-time") assert.equal(kind, "time");
      if (cause === "stalled") assert.equal(kind, "stall");
      if (cause === "blocked") assert.ok(kind === "block" || kind === "stall");
      if (cause === "over-output") assert.equal(kind, "output");
      if (cause === "over-pids") assert.ok(kind === "pids" || (evidence.kernel.pidsRefused ?? 0) > 0);
      if (cause === "lost") assert.ok(evidence.lostOwner !== null || (evidence.exit?.code ?? evidence.exit?.signal ?? null) === null);
    }),
    RUNS,
  );
});

test("a success is what the program itself said", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      if (decideVerdict(evidence).cause !== "succeeded") return;
      assert.ok(evidence.report?.kind === "returned" || (evidence.kind === "command" && evidence.exit?.code === 0 && evidence.exit.signal === null));
    }),
    RUNS,
  );
});

test("killed and crashed are named only when a signal ended it", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { cause } = decideVerdict(evidence);
      if (cause === "killed" || cause === "crashed") {
        assert.notEqual(evidence.exit?.signal ?? null, null);
        assert.equal(evidence.intent === null || evidence.report !== null, true);
      }
    }),
    RUNS,
  );
});
