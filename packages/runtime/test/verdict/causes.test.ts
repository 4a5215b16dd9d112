import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSES, type AttemptEvidence, type Cause, type Confidence } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { commandOf, errorOf, evidenceOf, exitedWith, NO_RISES, signalled, threw } from "./evidence-of.ts";

interface Case {
  readonly when: string;
  readonly evidence: AttemptEvidence;
  readonly cause: Cause;
  readonly confidence?: Confidence;
  readonly says?: RegExp;
}

const HEAP_REPORT = {
  event: "Allocation failed - JavaScript heap out of memory",
  trigger: "OOMError",
  heapUsedBytes: 128 * 1024 ** 2,
  heapLimitBytes: 130 * 1024 ** 2,
  source: "fatal.json",
};
const HEAP_LINE = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
const STACK = "----- Native stack trace -----";
const THREAD_LINE = "  #  Assertion failed: (0) == (uv_thread_create(t.get(), start_thread, this))";
const RETURNED = { kind: "returned", resultBytes: 2 } as const;

function budgetIntent(kind: "memory" | "pids" | "time" | "stall" | "block" | "output", limit: number, observed: number) {
  return { intent: { kind, limit, observed, atMs: 1000 } };
}

const cancel = { intent: { kind: "cancel", by: "api", reason: "not needed", mode: "graceful", atMs: 1000 } } as const;
const preempt = { intent: { kind: "preempt", reason: "attempt a_1 is ended: time", atMs: 1000 } } as const;
const drain = { intent: { kind: "drain", reason: "SIGTERM", atMs: 1000 } } as const;

const CASES: readonly Case[] = [
  // succeeded
  { when: "a module returned", evidence: evidenceOf({ report: RETURNED }), cause: "succeeded", confidence: "certain", says: /in 2\.5 s/ },
  { when: "a command exited with 0", evidence: commandOf(exitedWith(0)), cause: "succeeded" },
  {
    when: "a success left a process behind",
    evidence: evidenceOf({ report: RETURNED, leaks: [{ kind: "process", pid: 77, command: "chrome --headless", state: "ended" }] }),
    cause: "succeeded",
    says: /left behind 1 process \(chrome --headless\)/,
  },
  {
    when: "a job returned although a child of it was killed for memory",
    evidence: evidenceOf({ report: RETURNED, kernel: { ...NO_RISES, oomKill: 1, ownLimitHit: true } }),
    cause: "succeeded",
    says: /killed a child/,
  },
  { when: "a job returned before its worker was ended for another", evidence: evidenceOf({ ...preempt, report: RETURNED }), cause: "succeeded" },
  { when: "a drained job returned", evidence: evidenceOf({ ...drain, report: RETURNED }), cause: "succeeded" },
  {
    when: "a job returned in the instant it went over memory",
    evidence: evidenceOf({ ...budgetIntent("memory", 100, 101), report: RETURNED, ...signalled("SIGKILL") }),
    cause: "succeeded",
  },
  // failed
  { when: "a module threw", evidence: evidenceOf(threw("no such report")), cause: "failed", confidence: "certain", says: /no such report/ },
  {
    when: "nothing caught an error",
    evidence: evidenceOf({ report: { kind: "uncaught", error: errorOf("boom") }, ...exitedWith(1) }),
    cause: "failed",
    says: /nothing caught: Error: boom/,
  },
  { when: "the program does not exist", evidence: commandOf({ launchFailure: { code: "ENOENT", message: "nope: no such program" } }), cause: "failed", says: /no such program/ },
  { when: "the program may not be run", evidence: commandOf({ launchFailure: { code: "EACCES", message: "x: not executable" } }), cause: "failed" },
  { when: "the arguments are too long", evidence: commandOf({ launchFailure: { code: "E2BIG", message: "too long" } }), cause: "failed" },
  { when: "reading an empty descriptor gave EAGAIN", evidence: evidenceOf(threw("EAGAIN: resource temporarily unavailable, read", "EAGAIN")), cause: "failed" },
  { when: "a wrong number that only looks like MySQL's", evidence: evidenceOf(threw("order 1205 is not paid", "1205")), cause: "failed" },
  {
    when: "somebody else's server had nothing left",
    evidence: evidenceOf(threw("HTTP 503 from upstream: Resource temporarily unavailable")),
    cause: "failed",
    confidence: "certain",
  },
  { when: "somebody else's disk is full", evidence: evidenceOf(threw("SFTP server says: No space left on device")), cause: "failed" },
  { when: "a deadlock of its own kind", evidence: evidenceOf(threw("deadlock detected in workflow graph: a -> b -> a")), cause: "failed" },
  { when: "a message without a code quotes a database", evidence: evidenceOf(threw("import failed: database is locked")), cause: "failed" },
  { when: "a peer did not accept yet", evidence: evidenceOf(threw("connect EAGAIN /run/app.sock", "EAGAIN")), cause: "failed" },
  {
    when: "an error wraps that of a peer that did not accept yet",
    evidence: evidenceOf({
      report: {
        kind: "threw",
        error: { ...errorOf("the import failed", "EAGAIN"), stack: "Error: the import failed\n    at run\ncaused by: Error: connect EAGAIN /run/app.sock\n    at x" },
      },
    }),
    cause: "failed",
  },
  {
    when: "a descriptor of a Python program had nothing to read",
    evidence: commandOf({
      ...exitedWith(1),
      logTail: ["Traceback (most recent call last):", '  File "x.py", line 4, in <module>', "    os.read(r, 1)", "BlockingIOError: [Errno 11] Resource temporarily unavailable"],
    }),
    cause: "exited",
    says: /BlockingIOError/,
  },
  { when: "a descriptor of a command had nothing to read", evidence: commandOf({ ...exitedWith(1), logTail: ["cat: -: Resource temporarily unavailable"] }), cause: "exited" },
  // exited
  { when: "a command exited with 3", evidence: commandOf(exitedWith(3)), cause: "exited", says: /code 3/ },
  { when: "a shell passed on 137", evidence: commandOf(exitedWith(137)), cause: "exited", confidence: "certain" },
  { when: "a shell did not find the program", evidence: commandOf(exitedWith(127)), cause: "exited", says: /not found/ },
  {
    when: "a module called process.exit(0)",
    evidence: evidenceOf({ ...exitedWith(0), report: { kind: "exiting", code: 0, stack: "Error\n    at run (jobs/x.ts:3:5)" } }),
    cause: "exited",
    says: /at run \(jobs\/x\.ts:3:5\)/,
  },
  {
    when: "a module called process.exit(134) after it printed V8's words",
    evidence: evidenceOf({ ...exitedWith(134), report: { kind: "exiting", code: 134, stack: null }, logTail: [HEAP_LINE] }),
    cause: "exited",
  },
  { when: "a module exited with 0 without a result", evidence: evidenceOf(exitedWith(0)), cause: "exited" },
  { when: "the event loop drained", evidence: evidenceOf({ ...exitedWith(0), report: { kind: "drained" } }), cause: "exited", says: /event loop became empty/ },
  { when: "a top-level await never settled", evidence: evidenceOf(exitedWith(13)), cause: "exited", says: /never settled/ },
  {
    when: "a log line speaks of ENOSPC but the program failed of something else",
    evidence: commandOf({ ...exitedWith(1), logTail: ["warning: ENOSPC on cache", "bye"] }),
    cause: "exited",
  },
  {
    when: "a Python program raised",
    evidence: commandOf({ ...exitedWith(1), logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', "ValueError: bad"] }),
    cause: "exited",
    says: /ValueError: bad/,
  },
  {
    when: "a Python program raised, and a message of several lines stands below",
    evidence: commandOf({
      ...exitedWith(1),
      logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', "x.errors.Duplicate: key exists", "DETAIL:  Key (id)=(7).", "HINT:  None."],
    }),
    cause: "exited",
    says: /x\.errors\.Duplicate: key exists/,
  },
  {
    when: "a Python program had told of an error that it caught, and then failed of something else",
    evidence: commandOf({
      ...exitedWith(1),
      logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', "sqlite3.OperationalError: database is locked", "again", "no such customer"],
    }),
    cause: "exited",
    says: /ended with code 1\.$/,
  },
  // out-of-heap
  {
    when: "V8 wrote its report",
    evidence: evidenceOf({ ...signalled("SIGABRT"), fatalReport: HEAP_REPORT, logTail: [HEAP_LINE] }),
    cause: "out-of-heap",
    confidence: "certain",
    says: /128 MiB of 130 MiB/,
  },
  { when: "V8 aborted a command behind its last words", evidence: commandOf({ ...signalled("SIGABRT"), logTail: [HEAP_LINE, STACK] }), cause: "out-of-heap", confidence: "likely" },
  {
    when: "a node command behind a shell ran out of heap",
    evidence: commandOf({ ...exitedWith(134), logTail: [HEAP_LINE, STACK, "Aborted (core dumped)"] }),
    cause: "out-of-heap",
    confidence: "likely",
  },
  {
    when: "V8 gave up without asking Node",
    evidence: evidenceOf({ ...signalled("SIGTRAP"), logTail: ["# Fatal process out of memory: Zone"] }),
    cause: "out-of-heap",
    confidence: "likely",
  },
  {
    when: "one structure was too large for V8",
    evidence: evidenceOf({ ...signalled("SIGTRAP"), logTail: ["# Fatal JavaScript invalid size error 150000001"] }),
    cause: "out-of-heap",
    confidence: "likely",
    says: /150000001 elements.*larger heap does not help/,
  },
  {
    when: "a worker thread's heap was full",
    evidence: evidenceOf(threw("Worker terminated due to reaching memory limit: JS heap out of memory", "ERR_WORKER_OUT_OF_MEMORY")),
    cause: "out-of-heap",
  },
  // over-memory
  {
    when: "we ended it for memory",
    evidence: evidenceOf({ ...budgetIntent("memory", 256 * 1024 ** 2, 300 * 1024 ** 2), ...signalled("SIGKILL") }),
    cause: "over-memory",
    confidence: "certain",
    says: /300 MiB.*256 MiB/,
  },
  {
    when: "the kernel enforced our limit",
    evidence: evidenceOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, oomKill: 1, ownLimitHit: true, machineOomKill: 1 } }),
    cause: "over-memory",
    confidence: "certain",
  },
  {
    when: "the kernel killed only a child at our limit",
    evidence: commandOf({ ...exitedWith(3), kernel: { ...NO_RISES, oomKill: 1, ownLimitHit: true } }),
    cause: "over-memory",
    confidence: "certain",
    says: /a process of its tree.*code 3/,
  },
  {
    when: "the supervisor died after it recorded the intent",
    evidence: evidenceOf({ ...budgetIntent("memory", 100, 200), lostOwner: { reason: "supervisor-died", detail: "pid 7" } }),
    cause: "over-memory",
    confidence: "likely",
  },
  // oom-killed
  {
    when: "memory ran out above our limit",
    evidence: evidenceOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, oomKill: 1, ownLimitHit: false } }),
    cause: "oom-killed",
    confidence: "certain",
  },
  {
    when: "a child was killed above our limit",
    evidence: evidenceOf({ ...exitedWith(3), kernel: { ...NO_RISES, oomKill: 1, ownLimitHit: false } }),
    cause: "oom-killed",
    confidence: "likely",
  },
  // over-pids
  { when: "we ended it for pids", evidence: evidenceOf({ ...budgetIntent("pids", 64, 70), ...signalled("SIGKILL") }), cause: "over-pids", says: /70 threads and processes.*64/ },
  {
    when: "the kernel refused forks and it aborted",
    evidence: evidenceOf({ ...signalled("SIGABRT"), kernel: { ...NO_RISES, pidsRefused: 3 } }),
    cause: "over-pids",
    confidence: "certain",
  },
  {
    when: "the kernel refused forks and it threw EAGAIN",
    evidence: evidenceOf({ ...threw("spawn EAGAIN", "EAGAIN"), kernel: { ...NO_RISES, pidsRefused: 1 } }),
    cause: "over-pids",
    confidence: "certain",
  },
  {
    when: "the kernel refused forks and it failed of something",
    evidence: commandOf({ ...exitedWith(1), kernel: { ...NO_RISES, pidsRefused: 1 } }),
    cause: "over-pids",
    confidence: "likely",
  },
  // resource-exhausted
  { when: "no process could be made", evidence: commandOf({ launchFailure: { code: "EAGAIN", message: "spawn EAGAIN" } }), cause: "resource-exhausted" },
  { when: "no memory to start it", evidence: commandOf({ launchFailure: { code: "ENOMEM", message: "spawn ENOMEM" } }), cause: "resource-exhausted" },
  { when: "too many open files", evidence: evidenceOf(threw("EMFILE: too many open files, open 'x'", "EMFILE")), cause: "resource-exhausted", says: /open files/ },
  { when: "the disk is full", evidence: evidenceOf(threw("ENOSPC: no space left on device, write", "ENOSPC")), cause: "resource-exhausted", says: /disk space/ },
  {
    when: "Node could not make a thread",
    evidence: evidenceOf({ ...signalled("SIGABRT"), logTail: [THREAD_LINE, STACK] }),
    cause: "resource-exhausted",
    confidence: "likely",
  },
  {
    when: "Python could not start a thread",
    evidence: commandOf({ ...exitedWith(1), logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', "RuntimeError: can't start new thread"] }),
    cause: "resource-exhausted",
  },
  ...["    pid = os.fork()", '  File "/usr/lib/python3.11/subprocess.py", line 1883, in _execute_child'].map((line): Case => ({
    when: `Python could not start a process: ${line.trim()}`,
    evidence: commandOf({
      ...exitedWith(1),
      logTail: ["Traceback (most recent call last):", '  File "x.py", line 4, in <module>', line, "BlockingIOError: [Errno 11] Resource temporarily unavailable"],
    }),
    cause: "resource-exhausted",
    says: /threads or processes/,
  })),
  {
    when: "dd found the disk full",
    evidence: commandOf({ ...exitedWith(1), logTail: ["dd: error writing 'x': No space left on device"] }),
    cause: "resource-exhausted",
    confidence: "likely",
  },
  {
    when: "a node command ran out of files",
    evidence: commandOf({
      ...exitedWith(1),
      logTail: ["Error: EMFILE: too many open files, open 'x'", "    at Object.openSync (node:fs:573:18) {", "  errno: -24,", "  code: 'EMFILE',", "}", "", "Node.js v24.21.0"],
    }),
    cause: "resource-exhausted",
  },
  {
    when: "a thread could not be started",
    evidence: evidenceOf(threw("Worker initialization failure: EAGAIN", "ERR_WORKER_INIT_FAILED")),
    cause: "resource-exhausted",
    confidence: "certain",
    says: /threads or processes/,
  },
  {
    when: "a shell could not fork",
    evidence: commandOf({ ...exitedWith(254), logTail: ["bash: fork: Resource temporarily unavailable"] }),
    cause: "resource-exhausted",
    confidence: "likely",
    says: /threads or processes/,
  },
  {
    when: "node:sqlite found the disk full",
    evidence: evidenceOf(threw("database or disk is full", "ERR_SQLITE_ERROR")),
    cause: "resource-exhausted",
    says: /disk space/,
  },
  // over-time, stalled, blocked, over-output
  {
    when: "its time was up",
    evidence: evidenceOf({ ...budgetIntent("time", 60_000, 60_004), ...signalled("SIGTERM") }),
    cause: "over-time",
    confidence: "certain",
    says: /its budget is 1 min/,
  },
  {
    when: "it returned because it was told that its time is up",
    evidence: evidenceOf({ ...budgetIntent("time", 60_000, 60_004), report: RETURNED }),
    cause: "over-time",
  },
  {
    when: "its time was up while the supervisor lagged",
    evidence: evidenceOf({ ...budgetIntent("time", 1000, 2500), monitor: { samples: 2, failedReads: 0, lagMsMax: 2007 } }),
    cause: "over-time",
    confidence: "possible",
  },
  {
    when: "it made no progress",
    evidence: evidenceOf({ ...budgetIntent("stall", 5000, 5010), progress: { done: 40, total: 100, note: "rows", atMs: 5 } }),
    cause: "stalled",
    says: /since it reported 40 of 100/,
  },
  {
    when: "it was stopped from outside",
    evidence: evidenceOf({ ...budgetIntent("stall", 5000, 5010), loop: { silentMs: 5010, stack: [], state: "T", nativeCall: false } }),
    cause: "stalled",
    says: /state T/,
  },
  {
    when: "a command made no progress",
    evidence: commandOf({ ...budgetIntent("stall", 5000, 5010), loop: { silentMs: 5010, stack: [], state: "S", nativeCall: false } }),
    cause: "stalled",
  },
  {
    when: "the loop was silent for the whole stall window",
    evidence: evidenceOf({ ...budgetIntent("stall", 5000, 5010), loop: { silentMs: 5010, stack: ["parse (jobs/x.ts:9:1)"], state: "R", nativeCall: false } }),
    cause: "blocked",
    says: /at parse \(jobs\/x\.ts:9:1\)/,
  },
  {
    when: "the loop was blocked",
    evidence: evidenceOf({ ...budgetIntent("block", 10_000, 10_050), loop: { silentMs: 10_050, stack: ["spin (jobs/x.ts:4:3)"], state: "R", nativeCall: false } }),
    cause: "blocked",
    confidence: "certain",
    says: /10\.1 s \(limit 10 s\) at spin/,
  },
  {
    when: "the loop was blocked in a native call",
    evidence: evidenceOf({ ...budgetIntent("block", 10_000, 10_050), loop: { silentMs: 10_050, stack: [], state: "R", nativeCall: true } }),
    cause: "blocked",
    says: /native call/,
  },
  { when: "it wrote too much", evidence: evidenceOf(budgetIntent("output", 1024 ** 2, 1024 ** 2 + 4096)), cause: "over-output", says: /its budget is 1 MiB/ },
  // crashed
  ...["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP"].map((signal): Case => ({
    when: `it died of ${signal}`,
    evidence: evidenceOf(signalled(signal)),
    cause: "crashed",
    confidence: "certain",
  })),
  { when: "a job aborted after a child of it had run out of heap", evidence: evidenceOf({ ...signalled("SIGABRT"), logTail: [HEAP_LINE, STACK] }), cause: "crashed" },
  ...[evidenceOf, commandOf].flatMap((of) =>
    [HEAP_LINE, THREAD_LINE].map((line): Case => ({
      when: `it aborted by itself after somebody had said: ${line}`,
      evidence: of({ ...signalled("SIGABRT"), logTail: [line, STACK, "going on without it", STACK] }),
      cause: "crashed",
    })),
  ),
  ...["node[7]: pthread_create: Resource temporarily unavailable", "RuntimeError: can't start new thread"].map((line): Case => ({
    when: `it aborted, and the log says: ${line}`,
    evidence: commandOf({ ...signalled("SIGABRT"), logTail: [line, "going on without it"] }),
    cause: "crashed",
  })),
  // killed
  { when: "somebody sent SIGKILL", evidence: evidenceOf(signalled("SIGKILL")), cause: "killed", says: /did not send/ },
  {
    when: "somebody sent SIGKILL while another attempt was killed for memory",
    evidence: evidenceOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, oomKill: 0, machineOomKill: 1 } }),
    cause: "killed",
  },
  {
    when: "the machine counted an out-of-memory kill meanwhile, of a victim that nobody names",
    evidence: evidenceOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, machineOomKill: 1 } }),
    cause: "killed",
  },
  { when: "somebody sent SIGTERM", evidence: commandOf({ ...signalled("SIGTERM"), kernel: { ...NO_RISES, machineOomKill: 1 } }), cause: "killed" },
  { when: "the CPU limit of the user was reached", evidence: commandOf(signalled("SIGXCPU")), cause: "killed", says: /RLIMIT_CPU/ },
  // lock-contention
  { when: "SQLite was busy", evidence: evidenceOf(threw("database is locked", "SQLITE_BUSY")), cause: "lock-contention" },
  { when: "node:sqlite was busy", evidence: evidenceOf(threw("database is locked", "ERR_SQLITE_ERROR")), cause: "lock-contention" },
  ...["55P03", "40P01", "40001", "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"].map((code): Case => ({
    when: `the database said ${code}`,
    evidence: evidenceOf(threw("no", code)),
    cause: "lock-contention",
  })),
  {
    when: "a Python program met a locked database",
    evidence: commandOf({ ...exitedWith(1), logTail: ["Traceback (most recent call last):", "sqlite3.OperationalError: database is locked"] }),
    cause: "lock-contention",
    confidence: "likely",
  },
  ...[
    "psycopg2.errors.LockNotAvailable: canceling statement due to lock timeout",
    "sqlalchemy.exc.OperationalError: (psycopg.errors.DeadlockDetected) deadlock detected",
    "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked",
    "pymysql.err.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')",
  ].map((line): Case => ({
    when: `a Python program said ${line}`,
    evidence: commandOf({ ...exitedWith(1), logTail: ["Traceback (most recent call last):", '  File "x.py", line 1', line] }),
    cause: "lock-contention",
    confidence: "likely",
  })),
  {
    when: "SQLAlchemy said so, and what it was doing",
    evidence: commandOf({
      ...exitedWith(1),
      logTail: [
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "sqlalchemy.exc.OperationalError: (psycopg2.errors.LockNotAvailable) canceling statement due to lock timeout",
        "[SQL: UPDATE rows SET price = %s]",
        "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
      ],
    }),
    cause: "lock-contention",
    confidence: "likely",
  },
  // lost
  { when: "the supervisor died", evidence: evidenceOf({ lostOwner: { reason: "supervisor-died", detail: "pid 7 is gone" } }), cause: "lost", confidence: "certain" },
  { when: "the machine was restarted", evidence: evidenceOf({ lostOwner: { reason: "machine-rebooted", detail: "another boot id" } }), cause: "lost", says: /restarted/ },
  { when: "nothing is known", evidence: evidenceOf(), cause: "lost", confidence: "possible" },
  // cancelled
  { when: "somebody cancelled it", evidence: evidenceOf({ ...cancel, ...threw("aborted") }), cause: "cancelled", says: /by api: not needed/ },
  { when: "a cancelled job returned afterwards", evidence: evidenceOf({ ...cancel, report: RETURNED }), cause: "cancelled" },
  { when: "a drain interrupted it", evidence: evidenceOf({ ...drain, ...threw("aborted") }), cause: "cancelled", says: /drain/ },
  {
    when: "its worker was ended for another attempt",
    evidence: evidenceOf({ ...preempt, exit: { code: null, signal: "SIGKILL" } }),
    cause: "cancelled",
    says: /no fault of its own: .* \(attempt a_1 is ended: time\)/,
  },
  {
    when: "its worker was ended for another attempt while it was ending itself",
    evidence: evidenceOf({ ...preempt, report: { kind: "exiting", code: 3, stack: null }, ...signalled("SIGKILL") }),
    cause: "cancelled",
    says: /no fault of its own/,
  },
  {
    when: "it had ended itself before its worker was ended for another attempt",
    evidence: evidenceOf({ ...preempt, report: { kind: "exiting", code: 3, stack: null }, exit: { code: 3, signal: null } }),
    cause: "exited",
  },
];

for (const { when, evidence, cause, confidence, says } of CASES) {
  test(`${cause}: ${when}`, () => {
    const verdict = decideVerdict(evidence);
    assert.equal(verdict.cause, cause, verdict.summary);
    if (confidence !== undefined) assert.equal(verdict.confidence, confidence);
    if (says !== undefined) assert.match(verdict.summary, says);
    assert.match(verdict.summary, /^[A-Z].*\.$/s, "the summary is a sentence");
    assert.doesNotMatch(verdict.summary, /undefined|null|NaN|\.\.$/);
    assert.ok(verdict.evidence.length > 0, "there is at least one fact");
  });
}

test("every cause has at least one case", () => {
  assert.deepEqual([...new Set(CASES.map((each) => each.cause))].sort(), [...CAUSES].sort());
});
