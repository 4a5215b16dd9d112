import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { nameCodeOf, profileBytes, profileText } from "../src/generate/profile-text.ts";
import { createRandom } from "../src/generate/random.ts";
import { FLAWS, SIZES } from "../src/generate/sizes.ts";
import { makeText } from "./workbench.ts";

/** Figures of the specification: two other implementations agree. */
const KNOWN = [
  ["tiny", 1003, "a884f8e4d60aa7ead55cc8c5f92968781db526554bdd1eab4b47324e5ca4add9"],
  ["large", 2_492_283, null],
  ["huge", 7_015_643, null],
] as const;

describe("the generator", () => {
  it("draws the numbers of its description, and reaches any of them at once", () => {
    const random = createRandom(1);
    const draws = Array.from({ length: 5 }, () => random.draw(2 ** 32));
    assert.deepEqual(draws, [2693262067, 11749833, 2265367787, 4213581821, 4159151403]);
    assert.equal(
      createRandom(1)
        .ahead(4)
        .draw(2 ** 32),
      4159151403,
    );
    assert.equal(nameCodeOf(1), "GEN1_PRHH");
  });

  for (const [size, bytes, digest] of KNOWN) {
    it(`writes ${size} with ${bytes} bytes, in pieces`, () => {
      const hash = createHash("sha256");
      let count = 0;
      for (const piece of profileText({ n: 1, shape: SIZES[size], flaw: "none" })) {
        assert.ok(piece.length < 32_768);
        hash.update(piece);
        count += piece.length;
      }
      assert.equal(count, bytes);
      if (digest !== null) assert.equal(hash.digest("hex"), digest);
    });
  }

  it("writes every flaw as it is described, and nothing else differently", () => {
    const parses = (flaw: (typeof FLAWS)[number]): boolean => {
      try {
        JSON.parse(makeText({ size: "small", flaw }));
        return true;
      } catch {
        return false;
      }
    };
    assert.deepEqual(
      FLAWS.filter((flaw) => !parses(flaw)),
      ["truncated", "malformed"],
    );
    const whole = profileBytes({ n: 1, shape: SIZES.small, flaw: "none" });
    assert.equal(makeText({ size: "small", flaw: "truncated" }).length, Math.floor(0.6 * whole));
    assert.equal(makeText({ flaw: "malformed" }), makeText().replace(":", "="));
    assert.match(makeText({ flaw: "bad-troop" }), /"TroopId":6001,"Amount":"many"/);
    assert.match(makeText({ flaw: "late-name" }), /,"NameCode":"GEN1_PRHH"\}$/);
    assert.equal(makeText({ flaw: "deep" }).match(/\[/g)?.length, 100_000 + (makeText().match(/\[/g)?.length ?? 0));
  });
});
