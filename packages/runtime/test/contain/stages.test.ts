import assert from "node:assert/strict";
import { test } from "node:test";
import { contain } from "../../src/contain.ts";
import { programFile } from "../programs/model.ts";

test("a stage gives what its function returns, and rejects with a StageTimeout that names the stage whose time was over", async () => {
  const outcome = await contain({ module: programFile("uses-stages.ts") });
  assert.equal(outcome.verdict.cause, "succeeded", JSON.stringify(outcome.verdict));
  assert.deepEqual(outcome.result, { sum: 2, cut: "StageTimeout stage_timeout slow 40", outer: "StageTimeout stage_timeout outer 40" });
});

test("a stage whose function does not return costs the attempt and is named", async () => {
  const outcome = await contain({ module: programFile("hangs-in-stage.ts"), graceMs: 50 });
  assert.equal(outcome.verdict.cause, "over-time");
  assert.equal(outcome.verdict.stage, "crawl > goto");
  assert.equal(outcome.evidence.intent?.kind, "time");
});
