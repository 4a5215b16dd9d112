import type { AttemptEvidence, ErrorInfo } from "../model/index.ts";
import { lastLine } from "./facts.ts";

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

/** "Traceback …", then frames, and as the very last line "module.SomeError: message". */
function pythonError(lines: readonly string[]): ErrorInfo | null {
  const last = lastLine(lines);
  const start = lines.findLastIndex((line) => line.startsWith("Traceback (most recent call last)"));
  if (last === null || start < 0) return null;
  const match = /^((?:\w+\.)*\w+)(?:: (.*))?$/.exec(last);
  if (match === null) return null;
  const message = match[2] ?? "";
  return { name: match[1] ?? "Error", message, code: errnoCode(message), stack: lines.slice(start).join("\n"), retryable: true };
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
  return { name: match[1] ?? "Error", message: match[3] ?? "", code: code ?? match[2] ?? null, stack: lines.slice(start).join("\n"), retryable: true };
}

const SYSTEM_WORDS =
  /: (?:Resource temporarily unavailable|Too many open files(?: in system)?|No space left on device|Cannot allocate memory|Disk quota exceeded|Cannot fork|database is locked)\.?$/;

/** What perror() prints: "program: what it did: No space left on device", as the last line. */
function systemError(lines: readonly string[]): ErrorInfo | null {
  const last = lastLine(lines);
  if (last === null || !SYSTEM_WORDS.test(last)) return null;
  return { name: "Error", message: last, code: null, stack: null, retryable: true };
}

const ERRNO: Readonly<Record<string, string>> = { "11": "EAGAIN", "12": "ENOMEM", "23": "ENFILE", "24": "EMFILE", "28": "ENOSPC", "122": "EDQUOT" };

function errnoCode(message: string): string | null {
  return ERRNO[/^\[Errno (\d+)\]/.exec(message)?.[1] ?? ""] ?? null;
}
