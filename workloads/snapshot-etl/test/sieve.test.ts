import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SyntaxProblem } from "../src/parse/json-syntax.ts";
import { createSieve } from "../src/parse/sieve.ts";
import { makeText } from "./workbench.ts";

function sift(text: string | Uint8Array, chunkBytes = 1 << 20): string {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const sieve = createSieve();
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A copy, as a reader that uses its buffer again would hand it over.
    for (const part of sieve.push(Uint8Array.from(bytes.subarray(at, at + chunkBytes)))) out.push(Buffer.from(part));
  }
  sieve.end();
  return Buffer.concat(out).toString("utf8");
}

function accepts(text: string, chunkBytes?: number): boolean {
  try {
    sift(text, chunkBytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxProblem, String(error));
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const OMITTED = '{"$omitted":true}';
const LARGE = `"${"x".repeat(17_000)}"`;

describe("the sieve", () => {
  it("lets a sound profile through unchanged, wherever it is cut", () => {
    const text = makeText({ size: "small" });
    for (const chunkBytes of [1, 2, 3, 7, 64, 1000, 100_000]) assert.equal(sift(text, chunkBytes), text);
  });

  it("replaces values above 16 KiB: of the profile, of an item, beside the profile, in a map or a list", () => {
    const profile = (field: string, troop: string, beside: string): string =>
      `{"NameCode":"A","Beside":${beside},"ProfileData":{"Big":${field},"Troops":{"1":{"Amount":2,"Big":${troop}}},"Pets":[{"PetId":1,"Big":${troop},"XP":3}],"N":1}}`;
    const large = `[${"1,".repeat(9000)}1]`;
    for (const chunkBytes of [1, 13, 4096, 1 << 20]) {
      assert.equal(sift(profile(LARGE, large, `{"a":${LARGE}}`), chunkBytes), profile(OMITTED, OMITTED, OMITTED));
      assert.equal(sift(profile("1".repeat(17_000), LARGE, "[]"), chunkBytes), profile(OMITTED, OMITTED, "[]"));
    }
    const kept = profile(`"${"x".repeat(16_000)}"`, '"a"', "null");
    assert.equal(sift(kept), kept);
  });

  it("replaces unknown values beyond 1 MiB in one object, but none that is known or shorter than its mark", () => {
    const value = `"${"x".repeat(10_000)}"`;
    const fields = (kept: number): string => Array.from({ length: 120 }, (_, n) => `"Q${n}":${n < kept ? value : OMITTED}`).join();
    const profile = (kept: number): string =>
      `{"NameCode":"A","ProfileData":{"Troops":[{${fields(kept)},"Amount":1},{${fields(kept)}}],${fields(kept)},"Name":"${"n".repeat(50)}","Short":[1,2]},${fields(kept)},"Beside":0}`;
    for (const chunkBytes of [13, 4096, 1 << 20]) assert.ok(sift(profile(120), chunkBytes) === profile(104), `cut every ${chunkBytes} bytes`);
  });

  it("replaces what is nested a hundred thousand deep, and what only looks like the profile's collections", () => {
    const text = makeText({ flaw: "deep" });
    assert.equal(sift(text, 1000), `${makeText().slice(0, -2)},"Deep":${OMITTED}}}`);
    const inner = `{"a":{"ProfileData":{"Troops":[${"{},".repeat(9000)}{}]}}}`;
    assert.equal(sift(`{"x":${inner}}`), `{"x":${OMITTED}}`);
  });

  it("accepts exactly what JSON.parse accepts, at any cut", () => {
    const alphabet = fc.constantFrom(...'{}[]:,"\\ntrue false0123456789eE+-.u\u0007é '.split(""));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(alphabet, { maxLength: 12 }).map((parts) => parts.join("")),
          fc.json(),
        ),
        fc.integer({ min: 1, max: 5 }),
        (text, chunkBytes) => {
          assert.equal(accepts(text, chunkBytes), parses(text), JSON.stringify(text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("checks what it leaves out as well", () => {
    assert.equal(accepts(`{"ProfileData":{"Big":[${"1,".repeat(20_000)}x]}}`), false);
    assert.equal(accepts(`{"ProfileData":{"Big":[${"1,".repeat(20_000)}1]}}`), true);
  });
});
