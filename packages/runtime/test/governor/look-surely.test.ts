import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lookSurely, readNewestPid } from "../../src/governor/index.ts";

/** Looks that find what they are told, one after the other, and count themselves. */
function looking(...finds: readonly (readonly string[])[]) {
  const look = { count: 0, look: (): readonly string[] => finds[look.count++] ?? [] };
  return look;
}

/** Pids as they would be read, one after the other; the last one stays. */
function newest(...pids: readonly (number | null)[]): () => number | null {
  let index = 0;
  return () => pids[Math.min(index++, pids.length - 1)] ?? null;
}

describe("a look that must not miss anybody", () => {
  it("takes one empty look when nobody was started meanwhile", () => {
    const { look } = looking();
    assert.deepEqual(lookSurely(look, newest(7)), []);
  });

  it("looks again when somebody was, and finds who had hopped", () => {
    const hopping = looking([], ["child"]);
    assert.deepEqual(lookSurely(hopping.look, newest(7, 8, 8)), ["child"]);
    assert.equal(hopping.count, 2);
  });

  it("gives up after five looks on a machine that never stands still, or that does not say", () => {
    let pid = 0;
    const busy = looking();
    assert.deepEqual(
      lookSurely(busy.look, () => (pid += 1)),
      [],
    );
    assert.equal(busy.count, 5);
    const silent = looking();
    lookSurely(silent.look, () => null);
    assert.equal(silent.count, 5);
  });

  it("reads the machine's newest pid", () => {
    const pid = readNewestPid();
    assert.ok(pid !== null && pid > 0);
  });
});
