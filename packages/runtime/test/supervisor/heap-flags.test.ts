import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MODULE_MEMORY_BYTES_MIN } from "../../src/model/index.ts";
import { heapFlags, reportFlags } from "../../src/supervisor/heap-flags.ts";

const MIB = 1024 * 1024;

function megabytesOf(flags: readonly string[], name: string): number {
  return Number(flags.find((flag) => flag.startsWith(`--${name}=`))?.split("=")[1]);
}

describe("heap flags", () => {
  it("leave V8 alone where there is no budget", () => assert.deepEqual(heapFlags(null), []));

  it("let the heap end before the budget, from the least budget on", () => {
    fc.assert(
      fc.property(fc.integer({ min: MODULE_MEMORY_BYTES_MIN, max: 64 * 1024 * MIB }), (budgetBytes) => {
        const flags = heapFlags(budgetBytes);
        const heapMb = megabytesOf(flags, "max-old-space-size") + 3 * megabytesOf(flags, "max-semi-space-size");
        return heapMb >= 16 && (heapMb + 40) * MIB <= budgetBytes * 0.91;
      }),
    );
  });

  it("give more to a larger budget", () => {
    const sizes = [96, 128, 256, 512, 1024, 4096].map((mb) => megabytesOf(heapFlags(mb * MIB), "max-old-space-size"));
    assert.deepEqual(
      sizes,
      [...new Set(sizes)].sort((a, b) => a - b),
    );
  });

  it("make V8 write its report where we look for it, without the environment", () => {
    const flags = reportFlags("/a dir/c1");
    assert.ok(flags.includes("--report-directory=/a dir/c1") && flags.includes("--report-filename=fatal.json") && flags.includes("--report-exclude-env"));
  });
});
