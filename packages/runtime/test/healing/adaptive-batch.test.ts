import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { adaptiveBatch } from "../../src/index.ts";
import { PRESSURE_LEVELS } from "../../src/model/index.ts";

test("a batch never leaves its bounds, grows without pressure, shrinks under it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 10_000 }), fc.array(fc.constantFrom(...PRESSURE_LEVELS)), (min, more, levels) => {
      const batch = adaptiveBatch({ min, max: min + more });
      for (const level of levels) {
        const before = batch.size;
        const size = batch.next(level);
        assert.ok(size >= min && size <= min + more && Number.isInteger(size) && batch.size === size);
        if (level === "none") assert.ok(size > before || size === min + more);
        else assert.ok(size < before || size === min);
        if (level === "high") assert.equal(size, min);
      }
    }),
  );
});

test("bounds that do not fit together are refused", () => {
  for (const options of [
    { min: 0, max: 5 },
    { min: 5, max: 4 },
    { min: 1.5, max: 4 },
    { min: 2, max: 4, start: 5 },
  ])
    assert.throws(() => adaptiveBatch(options), /do not fit together/);
});
