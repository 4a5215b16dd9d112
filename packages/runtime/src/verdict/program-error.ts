import type { AttemptEvidence, ErrorInfo, Fact } from "../model/index.ts";
import { fact, lastLine } from "./facts.ts";

/** What the program itself said went wrong: the thrown error of a module, the last words of a command that failed; null when it said nothing. */
export function programError(evidence: AttemptEvidence): ErrorInfo | null {
  const { report, exit } = evidence;
  if (report?.kind === "threw" || report?.kind === "uncaught") return report.error;
  const failed = exit !== null && exit.signal === null && exit.code !== null && exit.code !== 0;
  return evidence.kind === "command" && failed ? lastWords(evidence.logTail) : null;
}

/** Only the forms in which runtimes print the error that ended them; a line somewhere in the log is no proof of anything. */
function lastWords(lines: readonly string[]): ErrorInfo | null {
  return pythonError(lines) ?? nodeError(lines) ?? systemError(lines);
}

/** What Python's database drivers and SQLAlchemy print below an error's own line. */
const MORE_OF_THE_ERROR = /^(?:\s|DETAIL: |HINT: |CONTEXT: |LINE \d+: |\[SQL: |\[parameters: |\(Background on this error at: )/;

/** "Traceback …", then indented frames, then "module.SomeError: message", and nothing after it that is not the error's. */
function pythonError(lines: readonly string[]): ErrorInfo | null {
  const found = pythonTraceback(lines);
  return found !== null && found.below.every((line) => MORE_OF_THE_ERROR.test(line)) ? found.error : null;
}

/** The last traceback, wherever it stands. */
function pythonTraceback(lines: readonly string[]): { readonly error: ErrorInfo; readonly below: readonly string[] } | null {
  const start = lines.findLastIndex((line) => line.startsWith("Traceback (most recent call last)"));
  const traceback = start < 0 ? [] : lines.slice(start + 1);
  const [found = "", ...below] = traceback.slice(traceback.findIndex((line) => !/^\s/.test(line)));
  const match = /^((?:\w+\.)*\w+)(?:: (.*))?$/.exec(found);
  if (match === null) return null;
  const [, name = "Error", message = ""] = match;
  const stack = stackFrom(lines, start);
  return { error: { name, message, code: pythonCode({ name, message, stack }), stack, retryable: true }, below };
}

/**
 * Told, never the error: the traceback of a command that failed, where other lines stand below it. They may be what it had printed before and Python wrote out at its end, or said
 * while it closed; or the program had caught this error, and failed of another.
 */
export function tracebackFacts({ logTail }: AttemptEvidence): readonly Fact[] {
  const found = pythonTraceback(logTail);
  return found === null ? [] : [fact("error of a traceback in the log, above other output", wordError(found.error), "log")];
}

function wordError({ name, message }: ErrorInfo): string {
  return message === "" ? name : `${name}: ${message}`;
}

/** "SomeError: message", frames, maybe the error's fields, and as the last line "Node.js v24.0.0". */
function nodeError(lines: readonly string[]): ErrorInfo | null {
  if (!/^Node\.js v\d+/.test(lastLine(lines) ?? "")) return null;
  const start = lines.findLastIndex((line) => /^(?:Uncaught )?\w*Error(?: \[\w+\])?: /.test(line));
  const match = /^(?:Uncaught )?(\w*Error)(?: \[(\w+)\])?: (.*)$/.exec(lines[start] ?? "");
  if (match === null) return null;
  const code = lines
    .slice(start)
    .map((line) => /^\s+code: '(\w+)'/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return { name: match[1] ?? "Error", message: match[3] ?? "", code: code ?? match[2] ?? null, stack: stackFrom(lines, start), retryable: true };
}

const STACK_LENGTH_MAX = 16_000;

/** Python prints the innermost frame last, Node first, and Node's stacks are short. */
function stackFrom(lines: readonly string[], start: number): string {
  return lines.slice(start).join("\n").slice(-STACK_LENGTH_MAX);
}

/** Sentences that the C library, SQLite and the shell print for one code each. */
const SYSTEM_CODES: Readonly<Record<string, string>> = {
  "Too many open files": "EMFILE",
  "Too many open files in system": "ENFILE",
  "No space left on device": "ENOSPC",
  "Disk quota exceeded": "EDQUOT",
  "Cannot allocate memory": "ENOMEM",
  "Cannot fork": "EAGAIN",
  "database is locked": "SQLITE_BUSY",
};

/** What perror() prints: "program: what it did: No space left on device", as the last line. */
function systemError(lines: readonly string[]): ErrorInfo | null {
  const last = lastLine(lines);
  const sentence = last === null ? undefined : /: ([\w ]+)\.?$/.exec(last)?.[1];
  if (last === null || sentence === undefined) return null;
  // Also what a descriptor says that has nothing to read yet: only of a process or a thread does it mean that there are too many.
  const isRefused = sentence === "Resource temporarily unavailable" && /fork|clone|spawn|thread|process/i.test(last);
  const code = isRefused ? "EAGAIN" : SYSTEM_CODES[sentence];
  return code === undefined ? null : { name: "Error", message: last, code, stack: null, retryable: true };
}

const ERRNO: Readonly<Record<string, string>> = { "11": "EAGAIN", "12": "ENOMEM", "23": "ENFILE", "24": "EMFILE", "28": "ENOSPC", "122": "EDQUOT" };

/** How Python and its database drivers print what has one code each; SQLAlchemy puts its own name before theirs. */
const PYTHON_CODES: readonly (readonly [RegExp, string])[] = [
  [/^RuntimeError: can't start new thread$/, "EAGAIN"],
  [/^(?:[\w.]+: \()?sqlite3\.OperationalError\)?:? database is locked$/, "SQLITE_BUSY"],
  [/^(?:[\w.]+: \()?sqlite3\.OperationalError\)?:? database (?:table|schema) is locked/, "SQLITE_LOCKED"],
  [/^(?:[\w.]+: \()?sqlite3\.OperationalError\)?:? database or disk is full$/, "SQLITE_FULL"],
  [/^(?:[\w.]+: \()?psycopg2?\.errors\.LockNotAvailable\b/, "55P03"],
  [/^(?:[\w.]+: \()?psycopg2?\.errors\.DeadlockDetected\b/, "40P01"],
  [/^(?:[\w.]+: \()?psycopg2?\.errors\.SerializationFailure\b/, "40001"],
  [/\bLock wait timeout exceeded; try restarting transaction/, "ER_LOCK_WAIT_TIMEOUT"],
  [/\bDeadlock found when trying to get lock; try restarting transaction/, "ER_LOCK_DEADLOCK"],
];

/** Where Python starts a process. */
const PYTHON_FORK = /\bin _execute_child\b|\bfork(?:pty|_exec)?\(|\bposix_spawnp?\(/;

function pythonCode({ name, message, stack }: Pick<ErrorInfo, "name" | "message"> & { readonly stack: string }): string | null {
  const errno = ERRNO[/^\[Errno (\d+)\]/.exec(message)?.[1] ?? ""];
  // Also what a descriptor says that has nothing to read yet.
  if (errno === "EAGAIN") return PYTHON_FORK.test(stack) ? errno : null;
  return errno ?? PYTHON_CODES.find(([sentence]) => sentence.test(`${name}: ${message}`))?.[1] ?? null;
}
