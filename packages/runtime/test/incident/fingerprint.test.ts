import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AttemptRecord, ErrorInfo, Verdict } from "../../src/model/index.ts";
import { describeOccurrence, normalise } from "../../src/incident/index.ts";
import { makeSettlement } from "../conformance/make.ts";
import { makeLease } from "./make-lease.ts";

function attemptWith(verdict: Partial<Verdict>, type = "report.import"): AttemptRecord {
  const { attempt } = makeSettlement(makeLease({ type }), { kind: "give-up", counts: "error", reason: "x" }, 1_790_000_005_000, { cause: verdict.cause ?? "failed" });
  return { ...attempt, verdict: { ...attempt.verdict, ...verdict } };
}

const errorAt = (message: string, line: string): ErrorInfo => ({
  name: "Error",
  message,
  code: null,
  stack: `Error: ${message}\n    at node:internal/x:1:1\n    at ${line}`,
  retryable: true,
});

describe("the fingerprint of an abnormal end", () => {
  it("is the same for the same trouble with other numbers, ids, paths and values", () => {
    const one = describeOccurrence(attemptWith({ error: errorAt('row 17 of "a.xml" in /data/2026/a.xml has no price', "read (/srv/one/jobs/import.ts:12:5)") }), null);
    const two = describeOccurrence(attemptWith({ error: errorAt('row 9041 of "b.xml" in /mnt/x/b.xml has no price', "read (/srv/two/jobs/import.ts:12:9)") }), "r2");
    assert.equal(one?.incidentId, two?.incidentId);
    assert.match(one?.incidentId ?? "", /^i_[0-9a-f]{32}$/);
  });

  it("differs by type, by cause, by message and by the line of the job's own code", () => {
    const ids = [
      attemptWith({ error: errorAt("no price", "read (/a/import.ts:12:5)") }),
      attemptWith({ error: errorAt("no price", "read (/a/import.ts:40:5)") }),
      attemptWith({ error: errorAt("no name", "read (/a/import.ts:12:5)") }),
      attemptWith({ error: errorAt("no price", "read (/a/import.ts:12:5)") }, "report.export"),
      attemptWith({ cause: "resource-exhausted", error: errorAt("no price", "read (/a/import.ts:12:5)") }),
      attemptWith({ cause: "blocked", stack: ["spin (/a/loop.ts:4:2)"] }),
      attemptWith({ cause: "blocked", stack: ["spin (/a/loop.ts:9:2)"] }),
      attemptWith({ cause: "killed", evidence: [{ fact: "ended by signal", value: "SIGKILL", source: "exit status" }] }),
      attemptWith({ cause: "killed", evidence: [{ fact: "ended by signal", value: "SIGTERM", source: "exit status" }] }),
    ].map((attempt) => describeOccurrence(attempt, null)?.incidentId);
    assert.equal(new Set(ids).size, ids.length);
  });

  it("is the same however a budget's end came about", () => {
    const ended = (signal: string) => attemptWith({ cause: "over-time", evidence: [{ fact: "ended by signal", value: signal, source: "exit status" }] });
    assert.equal(describeOccurrence(ended("SIGTERM"), null)?.incidentId, describeOccurrence(ended("SIGKILL"), null)?.incidentId);
  });

  it("is the same whatever stands before the last 500 characters of a frame: it is made while everything else waits", () => {
    for (const folders of ["/".repeat(15_000), "x/".repeat(7_500), `/${"x".repeat(15_000)}/`]) {
      const found = describeOccurrence(attemptWith({ error: errorAt("no price", `run (${folders}import.ts:12:5)`) }), null);
      assert.equal(found?.signature, "Error: no price at import.ts:12)");
    }
  });

  it("is not made for what is no trouble", () => {
    assert.equal(describeOccurrence(attemptWith({ cause: "succeeded" }), null), null);
    assert.equal(describeOccurrence(attemptWith({ cause: "cancelled" }), null), null);
  });

  it("takes out what changes from one time to the next", () => {
    assert.equal(normalise("timeout of 3000 ms at https://a.example/x?id=5 for j_0123456789abcdef0123456789abcdef"), "timeout of N ms at URL for ID");
    assert.equal(normalise("first line 1\nsecond line"), "first line N");
  });
});
