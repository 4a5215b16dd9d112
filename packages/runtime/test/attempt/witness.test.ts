import assert from "node:assert/strict";
import { it } from "node:test";
import { rememberSizes, shapeOf } from "../../src/attempt/witness.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";

it("asks what is usual for a type at most every ten seconds, and lives without an answer", async () => {
  const clock = createFakeClock();
  const asked: string[] = [];
  const typical = { count: 3, medianBytes: 1, p95Bytes: 2, maxBytes: 3 };
  const sizes = rememberSizes(
    {
      inputSizes(type) {
        asked.push(type);
        return type === "broken" ? Promise.reject(new Error("no")) : Promise.resolve(typical);
      },
    },
    clock,
  );
  assert.deepEqual([await sizes("a"), await sizes("a"), await sizes("b"), await sizes("broken")], [typical, typical, typical, null]);
  await clock.pass(10_000);
  await sizes("a");
  assert.deepEqual(asked, ["a", "b", "broken", "a"]);
});

it("knows an input by its bytes and the beginning of its SHA-256, never by its content", async () => {
  const shape = await shapeOf({ input: '{"name":"é"}', type: "a" }, () => Promise.resolve(null));
  assert.deepEqual(shape, { bytes: 13, fingerprint: "2f16b8477146a1b2", typical: null });
});
