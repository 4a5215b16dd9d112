import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BudgetOptions, Cause, Enforcement, ExitStatus } from "../../src/model/index.ts";

/** How a program is run. A module gets `{ marker }` as its input, a command gets the marker as an argument. */
export type Run = { readonly kind: "module" } | { readonly kind: "command"; command(file: string, marker: string): readonly string[] };

export interface Expected {
  readonly cause: Cause;
  /** null: the worker of a module lived on. */
  readonly exit: ExitStatus | null;
  readonly confidence: "certain" | "likely" | "possible";
  /** Each must match the verdict's JSON. */
  readonly says: readonly RegExp[];
  /** Commands of what is left behind; MARKER stands for the case's own number. "any": it changes too fast to be listed twice alike. */
  readonly leaks: readonly RegExp[] | "any";
  /** What `cofferdam exec` answers. */
  readonly execCode: number;
}

export interface ProgramCase {
  readonly program: string;
  readonly title: string;
  readonly run: Run;
  readonly budget: BudgetOptions;
  readonly graceMs: number;
  /** Asked to end as soon as it says that it is ready (its first line or progress). */
  readonly action: "none" | "cancel";
  readonly expected: Expected;
  /** Where memory and pids are counted by us instead of the kernel. */
  readonly whenPolled: Partial<Expected>;
  /** `guaranteed`: only where the kernel holds the tree together; `scan` promises nothing here. */
  readonly promise: "every-tier" | "guaranteed";
  /** `contain`: cannot be asked for on a command line. */
  readonly surface: "every" | "contain";
}

type Written = Partial<Omit<ProgramCase, "expected" | "program">> & { readonly expected: Partial<Expected> & Pick<Expected, "cause"> };

export const NODE = process.execPath;
export const programFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The interpreter itself, not a wrapper that looks for one; null where there is none, and then the programs in Python are left out. */
export const PYTHON = findPython();

function findPython(): string | null {
  // What the programs import is read from the disk here, and not while a budget of theirs runs.
  const { status, stdout } = spawnSync("python3", ["-c", "import signal, sys, threading, time; print(sys.executable)"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

const module: Run = { kind: "module" };
const shell: Run = { kind: "command", command: (file, marker) => ["/bin/sh", file, marker] };
const node: Run = { kind: "command", command: (file, marker) => [NODE, file, marker] };
const python: Run = { kind: "command", command: (file, marker) => [PYTHON ?? "python3", file, marker] };
const itself: Run = { kind: "command", command: (file, marker) => [file, marker] };

const code = (value: number): ExitStatus => ({ code: value, signal: null });
const signal = (name: string): ExitStatus => ({ code: null, signal: name });
/** Whether it has become `sleep` yet or is still the shell that will: the last word is the marker. */
const SLEEPER = /(?:^| )MARKER$/;

function of(program: string, written: Written): ProgramCase {
  const run = written.run ?? (program.endsWith(".sh") ? shell : module);
  const { expected } = written;
  return {
    program,
    title: program,
    budget: {},
    // Who ends when asked is given the time that a busy machine needs to let it.
    graceMs: expected.exit?.signal === "SIGTERM" ? 10_000 : 100,
    action: "none",
    whenPolled: {},
    promise: "every-tier",
    surface: "every",
    ...written,
    run,
    expected: { exit: run.kind === "module" ? null : code(0), confidence: "certain", says: [], leaks: [], execCode: expected.exit?.code ?? 0, ...expected },
  };
}

/** What is expected where the machine enforces like this. */
export function expectedAt(program: ProgramCase, enforcement: Enforcement): Expected {
  return { ...program.expected, ...(enforcement.memory === "polled" ? program.whenPolled : {}) };
}

/** Longer than a busy machine takes to bring a program to where it falls silent or no longer listens: what is checked is what it was doing then. */
const STALL: BudgetOptions = { stall: "2s" };
const TIME: BudgetOptions = { time: "2s" };

/** Programs in Python, which other people write. */
export const PYTHON_PROGRAMS: readonly ProgramCase[] = [
  of("python-raises.py", { run: python, expected: { cause: "exited", exit: code(1), says: [/ValueError: row 7 has no price/] } }),
  of("python-raises-and-says-more.py", {
    run: python,
    expected: { cause: "exited", exit: code(1), says: [/code 1\./, /error of a traceback in the log, above other output/, /ValueError: row 8 has no price/] },
  }),
  of("python-raises-deep.py", { run: python, expected: { cause: "exited", exit: code(1), says: [/ValueError: row 9 has no price/, /Traceback \(most recent call last\)/] } }),
  of("python-exits-with-4.py", { run: python, expected: { cause: "exited", exit: code(4), says: [/code 4/, /no such customer/] } }),
  of("python-allocates.py", { run: python, budget: { memory: "96MB" }, expected: { cause: "over-memory", exit: signal("SIGKILL"), execCode: 101, says: [/96 MiB/] } }),
  of("python-segfaults.py", { run: python, expected: { cause: "crashed", exit: signal("SIGSEGV"), execCode: 139 } }),
  of("python-deadlocks.py", {
    run: python,
    budget: STALL,
    expected: { cause: "stalled", exit: signal("SIGTERM"), execCode: 101, says: [/No progress for/, /taking the lock twice/, /"endless-loop"/] },
  }),
  of("python-loops.py", { run: python, budget: { time: "600ms" }, expected: { cause: "over-time", exit: signal("SIGTERM"), execCode: 102, says: [/"time-limit"/, /"proven"/] } }),
  of("python-ignores-sigterm.py", { run: python, budget: TIME, expected: { cause: "over-time", exit: signal("SIGKILL"), execCode: 102 } }),
  of("python-starts-threads.py", { run: python, budget: { pids: 24 }, expected: { cause: "over-pids", exit: signal("SIGKILL"), execCode: 101, says: [/pids limit/, /24/] } }),
  of("python-kills-itself.py", { run: python, expected: { cause: "killed", exit: signal("SIGKILL"), execCode: 137, says: [/did not send/, /"memory-exhaustion"/] } }),
  of("python-floods.py", { run: python, budget: { output: "64KB" }, expected: { cause: "over-output", exit: signal("SIGKILL"), execCode: 101, says: [/output limit/] } }),
  of("python-leaks-child.py", { run: python, expected: { cause: "succeeded", leaks: [SLEEPER], says: [/left behind 1 process/] } }),
];

/** Every program and how its end must be named: the one table behind the tests of `contain()`, `cofferdam exec` and the runtime. */
export const PROGRAMS: readonly ProgramCase[] = [
  // Modules that end by themselves.
  of("succeeds.ts", { expected: { cause: "succeeded", says: [/Succeeded in/] } }),
  of("succeeds-as-function.ts", { expected: { cause: "succeeded" } }),
  of("writes-scratch.ts", { expected: { cause: "succeeded" } }),
  of("throws.ts", { expected: { cause: "failed", says: [/the report has no rows/, /throws\.ts:6/] } }),
  of("throws-non-error.ts", { expected: { cause: "failed", says: [/only a text/] } }),
  of("throws-on-import.ts", { expected: { cause: "failed", says: [/imported too early/] } }),
  of("returns-a-bigint.ts", { expected: { cause: "failed", says: [/BigInt/] } }),
  of("overflows-stack.ts", { expected: { cause: "failed", says: [/RangeError: Maximum call stack size exceeded/] } }),
  of("rejects-unhandled.ts", { expected: { cause: "failed", exit: code(1), says: [/nobody waits for this promise/, /nothing caught/] } }),
  of("throws-in-timer.ts", { expected: { cause: "failed", exit: code(1), says: [/thrown where nothing catches/, /throws-in-timer\.ts:7/] } }),
  of("exits-on-import.ts", { expected: { cause: "exited", exit: code(9), says: [/code 9/, /exits-on-import\.ts:1/] } }),
  of("exits-with-7.ts", { expected: { cause: "exited", exit: code(7), says: [/code 7/, /exits-with-7\.ts:6/] } }),
  of("exits-with-137.ts", { expected: { cause: "exited", exit: code(137), says: [/code 137/] } }),
  of("never-settles.ts", { expected: { cause: "exited", exit: code(13), says: [/waits for something that can never happen/] } }),
  of("aborts.ts", { expected: { cause: "crashed", exit: signal("SIGABRT"), says: [/SIGABRT/] } }),
  of("aborts-after-child-fills-heap.ts", { expected: { cause: "crashed", exit: signal("SIGABRT"), says: [/a line of the log speaks of a full heap/] } }),
  of("segfaults.ts", { expected: { cause: "crashed", exit: signal("SIGSEGV"), says: [/SIGSEGV/] } }),
  of("kills-own-process.ts", { expected: { cause: "killed", exit: signal("SIGKILL"), says: [/Killed by SIGKILL, which Cofferdam did not send/, /recorded no intent/] } }),
  of("writes-to-wire.ts", { expected: { cause: "failed", exit: signal("SIGKILL"), says: [/WireError: something in the job wrote to descriptor 3/] } }),
  of("locks-sqlite.ts", { expected: { cause: "lock-contention", says: [/database is locked/, /SQLITE_BUSY/] } }),
  of("disk-full.ts", { expected: { cause: "resource-exhausted", says: [/disk space/, /ENOSPC/] } }),

  // Modules that meet a limit.
  of("fills-heap.ts", {
    // What V8 says when nobody is in its way. The same within a block budget that is broken first: contain/full-heap.test.ts.
    budget: { memory: "128MB", block: null },
    expected: { cause: "out-of-heap", exit: signal("SIGABRT"), says: [/JavaScript heap out of memory/, /OOMError/, /heap limit, bytes/, /report-on-fatalerror/] },
  }),
  of("fills-heap-of-thread.ts", { budget: { memory: "none" }, expected: { cause: "out-of-heap", says: [/heap of a worker thread/, /ERR_WORKER_OUT_OF_MEMORY/] } }),
  of("invalid-array-length.ts", {
    budget: { memory: "1GB" },
    expected: { cause: "out-of-heap", confidence: "likely", exit: signal("SIGTRAP"), says: [/268435456 elements/, /larger heap does not help/] },
  }),
  of("allocates-buffers.ts", {
    budget: { memory: "128MB" },
    expected: { cause: "over-memory", exit: signal("SIGKILL"), says: [/128 MiB/] },
    whenPolled: { says: [/its budget is 128 MiB/] },
  }),
  of("allocates-in-child.ts", { budget: { memory: "160MB" }, expected: { cause: "over-memory", exit: signal("SIGKILL"), says: [/160 MiB/] } }),
  of("spawns-too-many.ts", { budget: { pids: 32 }, expected: { cause: "over-pids", exit: signal("SIGKILL"), says: [/pids limit/, /32/] } }),
  of("floods-log.ts", { budget: { output: "64KB" }, expected: { cause: "over-output", exit: signal("SIGKILL"), says: [/output limit/, /the same line again/] } }),
  of("loops-forever.ts", { budget: { block: "500ms" }, expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/"spin \([^"]*loops-forever\.ts:4:\d+\)"/, /block limit/] } }),
  of("catastrophic-regex.ts", {
    budget: { block: "500ms" },
    expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/"matchWords \([^"]*catastrophic-regex\.ts:4:\d+\)"/] },
  }),
  of("blocks-after-child-fills-heap.ts", {
    budget: { block: "500ms" },
    expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/"spin \([^"]*blocks-after-child-fills-heap\.ts:\d+:\d+\)"/, /a line of the log speaks of a full heap/] },
  }),
  of("logs-while-blocked.ts", {
    budget: { block: "500ms" },
    expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/"spin \([^"]*logs-while-blocked\.ts:\d+:\d+\)"/] },
  }),
  of("blocks-in-native-call.ts", {
    budget: { block: "500ms" },
    expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/inside a native call/, /no JavaScript frame could be had/] },
  }),
  of("blocks-after-progress.ts", {
    budget: { ...STALL, block: null },
    expected: { cause: "blocked", exit: signal("SIGKILL"), says: [/blocks-after-progress\.ts:9/, /3 of 9 pages/] },
  }),
  of("waits-forever.ts", { budget: { time: "300ms" }, expected: { cause: "over-time", exit: signal("SIGKILL"), says: [/time limit/] } }),
  of("stalls.ts", { budget: STALL, expected: { cause: "stalled", exit: signal("SIGKILL"), says: [/No progress for/, /2 of 5/, /files/] } }),
  of("stops-own-process.ts", { budget: STALL, expected: { cause: "stalled", exit: signal("SIGKILL"), says: [/state T/, /SIGSTOP/] } }),
  of("uses-stages.ts", { expected: { cause: "succeeded" } }),
  of("stage-times-out.ts", {
    expected: { cause: "failed", says: [/stage crawl > goto took longer than its budget of 50 ms/, /"stage":"crawl > goto"/, /stage whose time was over/] },
  }),
  of("hangs-in-stage.ts", {
    expected: {
      cause: "over-time",
      exit: signal("SIGKILL"),
      says: [/Stage crawl > goto ran for/, /its budget is 400 ms/, /"stage":"crawl > goto"/, /did not return when its time was over/],
    },
  }),
  of("exits-in-stage.ts", { expected: { cause: "exited", exit: code(9), says: [/It was in stage report/, /"stage":"report"/] } }),
  of("answers-cancel.ts", { graceMs: 5000, action: "cancel", expected: { cause: "cancelled", says: [/Cancelled by caller/] } }),
  of("ignores-cancel.ts", { action: "cancel", expected: { cause: "cancelled", exit: signal("SIGKILL"), says: [/graceful/] } }),
  of("loops-during-cancel.ts", { action: "cancel", expected: { cause: "cancelled", exit: signal("SIGKILL") } }),

  // Modules that leave something behind.
  of("leaks-child.ts", { expected: { cause: "succeeded", leaks: [SLEEPER], says: [/left behind 1 process \([^)]*MARKER\)/] } }),
  of("leaks-then-throws.ts", { expected: { cause: "failed", leaks: [SLEEPER], says: [/failed with a child left/] } }),

  // Commands that end by themselves.
  of("succeeds.sh", { expected: { cause: "succeeded" } }),
  of("reports-progress.sh", { expected: { cause: "succeeded" } }),
  of("exits-with-3.sh", { expected: { cause: "exited", exit: code(3), says: [/code 3/, /no such customer/] } }),
  of("exits-137.sh", { expected: { cause: "exited", exit: code(137), says: [/ended by SIGKILL \(128 \+ 9\)/] } }),
  of("kills-itself.sh", { expected: { cause: "killed", exit: signal("SIGKILL"), execCode: 137, says: [/did not send/] } }),
  of("terminates-itself.sh", { expected: { cause: "killed", exit: signal("SIGTERM"), execCode: 143, says: [/SIGTERM/, /"ruled-out"/] } }),
  of("interrupts-itself.sh", { expected: { cause: "killed", exit: signal("SIGINT"), execCode: 130 } }),
  of("segfaults.sh", { expected: { cause: "crashed", exit: signal("SIGSEGV"), execCode: 139 } }),
  of("runs-out-of-files.sh", {
    run: { kind: "command", command: (file) => ["/usr/bin/env", `NODE=${NODE}`, "/bin/sh", file] },
    expected: { cause: "resource-exhausted", exit: code(1), confidence: "likely", says: [/open files/, /EMFILE/] },
  }),
  of("not-executable", { run: itself, expected: { cause: "failed", exit: code(126), says: [/not executable/, /command_not_executable/] } }),
  of("no-such-program", { run: itself, expected: { cause: "failed", exit: code(127), says: [/no such file/, /command_not_found/] } }),
  of("succeeds.sh", {
    title: "too many arguments",
    surface: "contain",
    run: { kind: "command", command: (file) => ["/bin/sh", file, "x".repeat(300_000)] },
    expected: { cause: "failed", exit: code(126), says: [/E2BIG/] },
  }),
  of("bad-interpreter", { run: itself, expected: { cause: "failed", exit: code(127), says: [/its interpreter \/nonexistent\/interpreter does not exist/] } }),

  // Commands that meet a limit.
  of("waits-forever.sh", { budget: { time: "300ms" }, expected: { cause: "over-time", exit: signal("SIGTERM"), execCode: 102, says: [/time limit/] } }),
  of("ignores-sigterm.sh", { budget: TIME, expected: { cause: "over-time", exit: signal("SIGKILL"), execCode: 102 } }),
  of("answers-sigterm.sh", { budget: TIME, graceMs: 10_000, expected: { cause: "over-time", exit: code(5), execCode: 102, says: [/bye/] } }),
  of("stops-itself.sh", { budget: TIME, expected: { cause: "over-time", exit: signal("SIGKILL"), execCode: 102, says: [/about to stop/] } }),
  of("stops-itself.sh", {
    title: "stops itself, with a stall budget",
    budget: STALL,
    expected: { cause: "stalled", exit: signal("SIGKILL"), execCode: 101, says: [/state T/, /"operator"/] },
  }),
  of("stalls.sh", { budget: STALL, expected: { cause: "stalled", exit: signal("SIGTERM"), execCode: 101, says: [/No progress for/, /page 2/] } }),
  of("fork-storm.sh", { budget: { pids: 24 }, expected: { cause: "over-pids", exit: signal("SIGKILL"), execCode: 101, says: [/pids limit/, /24/] } }),
  of("allocates-memory.mjs", { run: node, budget: { memory: "128MB" }, expected: { cause: "over-memory", exit: signal("SIGKILL"), execCode: 101, says: [/128 MiB/] } }),
  of("fills-tmpfs.sh", {
    budget: { memory: "48MB" },
    expected: { cause: "over-memory", exit: signal("SIGKILL"), execCode: 101, says: [/48 MiB/] },
    whenPolled: { cause: "succeeded", exit: code(0), execCode: 0, says: [] },
  }),
  of("floods-output.sh", { budget: { output: "64KB" }, expected: { cause: "over-output", exit: signal("SIGKILL"), execCode: 101, says: [/output limit/] } }),

  // Commands that somebody wants to end.
  of("waits-forever.sh", {
    title: "cancel of a program that ends when asked",
    action: "cancel",
    graceMs: 10_000,
    expected: { cause: "cancelled", exit: signal("SIGTERM"), execCode: 103, says: [/Cancelled by caller/] },
  }),
  of("ignores-sigterm.sh", { title: "cancel of a program that does not listen", action: "cancel", expected: { cause: "cancelled", exit: signal("SIGKILL"), execCode: 103 } }),
  of("forks-without-end.sh", { action: "cancel", expected: { cause: "cancelled", exit: signal("SIGKILL"), execCode: 103 } }),

  // Commands that leave something behind: a success, and the list of it.
  of("leaks-grandchild.sh", { expected: { cause: "succeeded", leaks: [SLEEPER], says: [/left behind 1 process/] } }),
  of("holds-output.sh", { expected: { cause: "succeeded", leaks: [SLEEPER] } }),
  of("forks-daemon.sh", { expected: { cause: "succeeded", leaks: [SLEEPER] } }),
  of("double-forks.sh", { expected: { cause: "succeeded", leaks: [SLEEPER] } }),
  of("clears-environment.sh", { expected: { cause: "succeeded", leaks: [SLEEPER] } }),
  of("leaks-stopped.sh", { expected: { cause: "succeeded", leaks: [/^sh -c .* MARKER$/] } }),
  of("setsid-hop.mjs", { run: node, expected: { cause: "succeeded", leaks: "any", says: [/left behind/] } }),
  of("hops-fast.sh", { expected: { cause: "succeeded", leaks: "any" }, promise: "guaranteed" }),

  ...(PYTHON === null ? [] : PYTHON_PROGRAMS),
];
