import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkMessage, type FromWorker } from "../../src/wire/index.ts";

const attemptId = `a_${"0".repeat(32)}`;
const error = { name: "Error", message: "no", code: null, stack: null, retryable: true };
const rule = { failures: 5, forMs: 1.5, probes: 1, probeMs: 60_000 };
const ended = { kind: "ended", attemptId, logOffset: 0, wallMs: 0.125, cpuMicros: 12 } as const;

/** One of each, with everything that may be left out. */
const MESSAGES: readonly FromWorker[] = [
  { kind: "ready", pid: 7 },
  { kind: "started", attemptId, atMs: 1, logOffset: 0, isLoading: false },
  { kind: "progress", attemptId, done: -1.5, total: null, note: null },
  { kind: "checkpoint", attemptId, sequence: 1 },
  { ...ended, outcome: "returned", rest: { heapUsedBytes: 1, handles: 0, scratchBytes: 0 }, next: { attemptId, atMs: 2, isLoading: true } },
  { ...ended, outcome: "threw", error },
  { kind: "stage", attemptId, stage: 1, change: "entered", name: "goto", budgetMs: 8000 },
  { kind: "stage", attemptId, stage: 1, change: "cut" },
  { kind: "stage", attemptId, stage: 1, change: "left" },
  { kind: "update", attemptId, note: "fine" },
  { kind: "service-error", attemptId, text: "no" },
  { kind: "control", request: 1, attemptId, method: "enqueue" },
  { kind: "breaker", request: 1, attemptId, key: "shop", ask: { kind: "ask", rule } },
  { kind: "breaker", request: 1, attemptId, key: "shop", ask: { kind: "success" } },
  { kind: "breaker", request: 1, attemptId, key: "shop", ask: { kind: "failure", rule, evidence: null } },
  { kind: "breaker", request: 1, attemptId, key: "shop", ask: { kind: "trip", forMs: 1, evidence: "403" } },
  { kind: "breaker", request: 1, attemptId, key: "shop", ask: { kind: "reset" } },
  { kind: "kept", trees: [{ pid: 9, what: "Chromium" }] },
  { kind: "counted", type: "crawl", counts: [["pages", 2.5]] },
  { kind: "uncaught", error },
  { kind: "exiting", code: 1, stack: null, drained: false },
  { kind: "loaded" },
  { kind: "beat" },
  { kind: "recalled", attemptIds: [attemptId] },
  { kind: "described", request: 1, types: [], broken: [{ moduleUrl: "file:///a.ts", message: "no", at: null, stack: null }] },
  { kind: "validated", request: 1, errors: [{ pointer: "/a", detail: "no" }] },
];

/** Left out without harm. */
const OPTIONAL: ReadonlySet<string> = new Set(["rest", "next"]);
/** What no field of any message may be; an Infinity is what JSON.parse makes of 1e999. */
const WRONG: readonly unknown[] = [{}, [null], Number.POSITIVE_INFINITY];

/** The message with one field, at any depth, replaced; undefined leaves it out. */
function* spoiled(value: object, wrong: unknown): Generator<object> {
  for (const [name, field] of Object.entries(value)) {
    if (wrong !== undefined || !OPTIONAL.has(name)) yield { ...value, [name]: wrong };
    if (typeof field !== "object" || field === null) continue;
    for (const inner of spoiled(field, wrong)) yield { ...value, [name]: Array.isArray(field) ? Object.values(inner) : inner };
  }
}

describe("what a worker says", () => {
  for (const message of MESSAGES) {
    const detail = "change" in message ? ` ${message.change}` : "ask" in message ? ` ${message.ask.kind}` : "outcome" in message ? ` ${message.outcome}` : "";
    it(`${message.kind}${detail} is heard, and is none with a field that is missing or wrong`, () => {
      assert.equal(checkMessage(message), message);
      for (const wrong of WRONG) for (const other of spoiled(message, wrong)) assert.equal(checkMessage(other), null, JSON.stringify(other));
      for (const other of spoiled(message, undefined)) assert.equal(checkMessage(other), null, JSON.stringify(other));
    });
  }

  it("is an object of a known kind", () => {
    for (const header of [null, undefined, 1, "ready", [], {}, { kind: "toString" }, { kind: ["ready"], pid: 7 }, { kind: "shutdown" }]) assert.equal(checkMessage(header), null);
  });

  it("names moments that there are, and counts from 0", () => {
    assert.equal(checkMessage({ kind: "started", attemptId, atMs: 8.64e15 + 1, logOffset: 0, isLoading: false }), null);
    assert.equal(checkMessage({ kind: "started", attemptId, atMs: 1, logOffset: -1, isLoading: false }), null);
    assert.equal(checkMessage({ kind: "counted", type: "crawl", counts: [["pages", -1]] }), null);
  });
});
