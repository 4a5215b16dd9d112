// Inside the runtime's own compartment: the job's browser stands in a wall inside of a wall.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contain } from "cofferdam";
import { program } from "./harness.ts";

const browses = (way: string, more: Omit<Parameters<typeof contain>[0], "module" | "input"> = {}): ReturnType<typeof contain> =>
  contain({ module: program("browses.ts"), input: { way }, budget: { memory: "1GB" }, ...more });

describe("a contained job with a browser", () => {
  for (const tier of ["auto", "scan"] as const) {
    it(`leaves nothing when it closes it (tier ${tier})`, async () => {
      const outcome = await browses("in order", { tier });
      assert.equal(outcome.verdict.cause, "succeeded", outcome.verdict.summary);
      assert.deepEqual(outcome.leaks, []);
      assert.ok(typeof outcome.result === "object" && outcome.result !== null && "title" in outcome.result);
      assert.equal(outcome.result.title, "inside");
    });
  }

  it("is told of the browser that it forgot, and the browser is ended", async () => {
    const outcome = await browses("forgets");
    assert.equal(outcome.verdict.cause, "succeeded", outcome.verdict.summary);
    assert.ok(outcome.leaks.length >= 3);
  });

  it("ends within its grace when it is cancelled with a frozen browser", async () => {
    const cancel = new AbortController();
    const outcome = await browses("frozen", { signal: cancel.signal, graceMs: 60_000, onProgress: () => cancel.abort() });
    assert.equal(outcome.verdict.cause, "cancelled", outcome.verdict.summary);
    assert.deepEqual(outcome.leaks, [], "it closed the browser itself");
    assert.equal(outcome.exit, null, "its worker did not have to be ended");
  });
});
