import { createHash } from "node:crypto";
import { familyOf, type AttemptRecord, type Cause, type Occurrence, type Verdict } from "../model/index.ts";

const TITLE_MAX = 160;
const SIGNATURE_MAX = 300;

/**
 * The occurrence that an attempt's end adds to its incident; null for ends that are none: successes, and what somebody wanted.
 * Same type, same cause and same signature are the same trouble.
 */
export function describeOccurrence(attempt: AttemptRecord, release: string | null): Occurrence | null {
  const { verdict, type } = attempt;
  const family = familyOf(verdict.cause);
  if (family === "success" || family === "none") return null;
  const signature = signatureOf(verdict);
  return {
    incidentId: `i_${createHash("sha256").update(`${type}\n${verdict.cause}\n${signature}`).digest("hex").slice(0, 32)}`,
    cause: verdict.cause,
    signature,
    title: titleOf(type, verdict, signature),
    atMs: attempt.endedAtMs,
    startedAtMs: attempt.startedAtMs,
    lostSeconds: attempt.usage.wallSeconds,
    release,
  };
}

/** What makes two ends the same: the error, the frame it hung in, the stage; without the numbers and names that change each time. */
export function signatureOf(verdict: Verdict): string {
  const { stage } = verdict;
  return cut(stage === undefined ? ownSignature(verdict) : `stage ${normalise(stage)}: ${ownSignature(verdict)}`, SIGNATURE_MAX);
}

function ownSignature(verdict: Verdict): string {
  const { error, stack } = verdict;
  if (error !== null) {
    const head = `${error.name}${error.code === null ? "" : ` ${error.code}`}: ${normalise(error.message)}`;
    return [head, ownFrame(error.stack)].filter((part) => part !== "").join(" at ");
  }
  const frame = stack[0];
  return frame === undefined ? distinguishing(verdict) : withoutColumn(frame);
}

/** How it ended tells troubles apart only where nobody of us ended it: a budget's end may come by SIGTERM once and by SIGKILL the next time. */
const ENDED_BY_THEMSELVES: ReadonlySet<Cause> = new Set(["killed", "crashed", "exited", "out-of-heap", "lost"]);

/** Facts by which such ends differ. */
const DISTINGUISHING = new Set(["ended by signal", "exit code", "V8 fatal report", "the owner of the attempt is gone"]);

function distinguishing(verdict: Verdict): string {
  if (!ENDED_BY_THEMSELVES.has(verdict.cause)) return "";
  return verdict.evidence
    .filter(({ fact }) => DISTINGUISHING.has(fact))
    .map(({ fact, value }) => `${fact} ${String(value)}`)
    .join("; ");
}

/** The innermost frame that is neither Node's own nor a library's. */
function ownFrame(stack: string | null): string {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  const own = frames.find((line) => !line.includes("node:") && !line.includes("node_modules"));
  return own === undefined ? "" : withoutColumn(own.trim().slice("at ".length));
}

/** A frame can be as long as a stack may be (a module in a `data:` URL), and the expression below takes time in the square of it. Its end has file and line. */
const FRAME_LENGTH_MAX = 500;

/** "read (/srv/app/jobs/a.ts:12:5)" -> "read (a.ts:12)": the same code elsewhere is the same trouble. */
function withoutColumn(frame: string): string {
  return frame.slice(-FRAME_LENGTH_MAX).replace(/(?:file:\/\/)?[^\s()]*\/([^\s()/]+?):(\d+):\d+/g, "$1:$2");
}

/** Takes out what differs from one time to the next: numbers, ids, addresses, paths, quoted values. */
export function normalise(message: string): string {
  return message
    .split("\n", 1)
    .join("")
    .replace(/\b[a-z]_[0-9a-f]{32}\b/g, "ID")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "ID")
    .replace(/\bhttps?:\/\/[^\s'")]+/g, "URL")
    .replace(/(?:\/[\w.@-]+){2,}/g, "PATH")
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "…")
    .replace(/\b0x[0-9a-f]+\b/gi, "N")
    .replace(/\b[0-9a-f]{12,}\b/gi, "ID")
    .replace(/\d+(?:\.\d+)?/g, "N")
    .trim();
}

function titleOf(type: string, verdict: Verdict, signature: string): string {
  return cut(`${type}: ${verdict.cause}${signature === "" ? "" : ` · ${signature}`}`, TITLE_MAX);
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}
