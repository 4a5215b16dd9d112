export type Status = "PASSED" | "FAILED" | "SKIPPED";

export interface OrderResult {
  readonly setupIp: string;
  readonly status: Status;
  readonly file: string;
  readonly className: string;
  readonly test: string;
}

const RESULT = /\[([^\]]+)\]\s+(PASSED|FAILED|SKIPPED|ERROR)\s+(.+?)::(.+?)::(.+?)\s*$/;

/** Longer lines are no results; the pattern is never run on them. */
const LINE_CHARS_MAX = 65_536;

/**
 * Reads one line of an order file; null when it is not a result. ERROR counts as FAILED.
 * @example parseOrderLine("12: [10.0.0.5] PASSED a/b_test.py::TestB::test_c[x::y]")
 */
export function parseOrderLine(line: string): OrderResult | null {
  if (line.length > LINE_CHARS_MAX || !line.includes("::")) return null;
  // No database takes a NUL into a text; a log that broke off may be full of them.
  const match = RESULT.exec(line.includes("\0") ? line.replaceAll("\0", "\uFFFD") : line);
  if (match === null) return null;
  const [, setupIp = "", word = "", file = "", className = "", test = ""] = match;
  return { setupIp, status: word === "ERROR" ? "FAILED" : word === "PASSED" || word === "SKIPPED" ? word : "FAILED", file, className, test };
}
