import { detach, type XmlElement, type XmlHandlers } from "@cofferdam/readers";
import { WorkError } from "../errors.ts";
import type { Status } from "../order/order-line.ts";

/** One test case of a report, in the terms of junit-only mode. */
export interface JunitCase {
  readonly file: string;
  readonly className: string;
  readonly name: string;
  readonly status: Status;
  readonly wasRerun: boolean;
  readonly rerunStillFailed: boolean;
  readonly failureMessage: string | null;
  readonly durationSeconds: number;
}

interface Suite {
  readonly name: string;
  readonly file: string;
}

interface OpenCase {
  readonly element: XmlElement;
  failed: boolean;
  skipped: boolean;
  flaky: boolean;
  rerun: boolean;
  failure: Problem | null;
  error: Problem | null;
}

/** A failure or error element, with its text so far. */
interface Problem {
  readonly message: string;
  text: string;
}

const SKIPPED_STATUS = new Set(["notrun", "disabled", "skipped", "ignored"]);
const FLAKY = new Set(["flakyFailure", "flakyError"]);
const RERUN = new Set(["rerunFailure", "rerunError"]);

/** Failure messages are kept whole up to here; what is cut is said. */
export const MESSAGE_CHARS_MAX = 1024 * 1024;

/**
 * Turns the elements of a JUnit report into cases, as they come. Totals in attributes are never looked at.
 * @throws WorkError `not_junit` at the first element of another kind of document.
 */
export function createCaseHandlers(onCase: (found: JunitCase) => void): Pick<XmlHandlers, "open" | "text" | "close"> {
  const names: string[] = [];
  const suites: Suite[] = [];
  let current: OpenCase | null = null;
  /** Depth of the open test case's own element. */
  let caseDepth = 0;
  let problem: Problem | null = null;
  let problemDepth = 0;

  function openChildOfCase(open: OpenCase, element: XmlElement): void {
    const { name } = element;
    if (name === "failure" || name === "error") {
      open.failed = true;
      problem = { message: element.attributes["message"] ?? "", text: "" };
      problemDepth = names.length;
      open[name] ??= problem;
    } else if (name === "skipped") open.skipped = true;
    else if (FLAKY.has(name)) open.flaky = true;
    else if (RERUN.has(name)) open.rerun = true;
  }

  return {
    open(element) {
      const { name } = element;
      if (names.length === 0 && name !== "testsuites" && name !== "testsuite") throw new WorkError("not_junit", `the root element is <${name}>, not <testsuites> or <testsuite>`);
      const parent = names.at(-1);
      names.push(name);
      if (current !== null) {
        if (names.length === caseDepth + 1) openChildOfCase(current, element);
      } else if (name === "testcase") {
        current = { element, failed: false, skipped: false, flaky: false, rerun: false, failure: null, error: null };
        caseDepth = names.length;
      } else if (name === "testsuite") {
        suites.push({ name: element.attributes["name"] ?? "", file: element.attributes["file"] ?? "" });
      } else if (parent === "testsuite" && (name === "failure" || name === "error")) {
        problem = { message: element.attributes["message"] ?? "", text: "" };
        problemDepth = names.length;
      }
      return problem !== null && problemDepth === names.length ? undefined : "skip-text";
    },
    text(text) {
      if (problem === null || problem.text.length >= MESSAGE_CHARS_MAX) return;
      problem.text += problem.text.length + text.length > MESSAGE_CHARS_MAX ? detach(text.slice(0, MESSAGE_CHARS_MAX - problem.text.length)) : text;
    },
    close() {
      const depth = names.length;
      const name = names.pop();
      if (problem !== null && depth === problemDepth) {
        if (current === null) onCase(initCase(problem, suites));
        problem = null;
      } else if (current !== null && depth === caseDepth) {
        onCase(finishCase(current, suites));
        current = null;
      } else if (current === null && name === "testsuite") suites.pop();
    },
  };
}

function finishCase(open: OpenCase, suites: readonly Suite[]): JunitCase {
  const { attributes } = open.element;
  const status = statusOf(open, attributes["status"]);
  const cause = open.failure ?? open.error;
  return {
    file: written(attributes["file"]) ?? nearestFile(suites),
    className: written(attributes["classname"]) ?? nearestName(suites),
    name: written(attributes["name"]) ?? "(unnamed)",
    status,
    wasRerun: open.flaky || open.rerun,
    rerunStillFailed: open.rerun && open.failed,
    failureMessage: cause === null ? null : wordProblem(cause),
    durationSeconds: parseSeconds(attributes["time"]),
  };
}

/** An empty attribute says as little as a missing one. */
function written(attribute: string | undefined): string | undefined {
  return attribute === "" ? undefined : attribute;
}

function initCase(problem: Problem, suites: readonly Suite[]): JunitCase {
  return {
    file: nearestFile(suites),
    className: nearestName(suites),
    name: "<init>",
    status: "FAILED",
    wasRerun: false,
    rerunStillFailed: false,
    failureMessage: wordProblem(problem),
    durationSeconds: 0,
  };
}

function statusOf(open: OpenCase, written: string | undefined): Status {
  if (open.failed) return "FAILED";
  return open.skipped || (written !== undefined && SKIPPED_STATUS.has(written.toLowerCase())) ? "SKIPPED" : "PASSED";
}

/** The message attribute, a blank line, the trimmed text; what is missing leaves no gap. */
export function wordProblem(problem: { readonly message: string; readonly text: string }): string {
  const whole = [problem.message, problem.text.trim()].filter((part) => part !== "").join("\n\n");
  return whole.length <= MESSAGE_CHARS_MAX ? whole : `${detach(whole.slice(0, MESSAGE_CHARS_MAX))}\n[cut: ${whole.length - MESSAGE_CHARS_MAX} more characters]`;
}

/** Commas are removed; a negative or unreadable time is 0. */
export function parseSeconds(written: string | undefined): number {
  if (written === undefined) return 0;
  const seconds = Number(written.includes(",") ? written.replaceAll(",", "") : written);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

function nearestFile(suites: readonly Suite[]): string {
  return suites.findLast((suite) => suite.file !== "")?.file ?? "";
}

function nearestName(suites: readonly Suite[]): string {
  return suites.at(-1)?.name ?? "";
}
