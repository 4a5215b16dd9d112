import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { withoutInspector } from "../../src/supervisor/evidence.ts";
import { heapFlags, heapLimitBytes } from "../../src/supervisor/heap-flags.ts";
import { collectingShare } from "../../src/supervisor/held-heap.ts";

function profileOf(collecting: number, computing: number): Parameters<typeof collectingShare>[0] {
  return {
    nodes: [
      { id: 1, callFrame: { functionName: "(root)" } },
      { id: 2, callFrame: { functionName: "run" } },
      { id: 3, callFrame: { functionName: "(garbage collector)" } },
    ],
    samples: [...Array.from({ length: collecting }, () => 3), ...Array.from({ length: computing }, () => 2)],
  };
}

describe("the heap of a held thread", () => {
  it("is collected for the share of the samples that fell into the collector", () => {
    assert.equal(collectingShare(profileOf(30, 10)), 0.75);
    assert.equal(collectingShare(profileOf(0, 40)), 0);
    assert.equal(collectingShare({ ...profileOf(0, 0), nodes: [] }), null);
    assert.equal(collectingShare(profileOf(5, 4)), null, "too few to say");
  });

  it("has the limit that V8 makes of our flags", async () => {
    for (const budgetBytes of [96, 128, 512].map((mb) => mb * 1024 ** 2)) {
      const { stdout } = await promisify(execFile)(process.execPath, [...heapFlags(budgetBytes), "-p", "v8.getHeapStatistics().heap_size_limit"]);
      assert.equal(heapLimitBytes(budgetBytes), Number(stdout));
    }
    assert.equal(heapLimitBytes(null), null);
  });
});

describe("the end of a log whose program was asked by the inspector", () => {
  it("has only the program's own lines", () => {
    const lines = [
      "row 7",
      "Debugger listening on ws://127.0.0.1:34567/0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f",
      "For help, see: https://nodejs.org/en/docs/inspector",
      "Debugger attached.",
      "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    ];
    assert.deepEqual(withoutInspector(lines), [lines[0], lines[4]]);
  });
});
