import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cutAt, readWhole } from "./read-trace.ts";

const PATHS = ["$.items[*]", "$.a.map{*}", "$.a.any.*", '$["é b"][*]'];
/** As JSON.parse sees things. */
const LIKE_PARSE = { bigNumbers: "number", duplicateKeys: "last", depthMax: 4096 } as const;

const key = fc.constantFrom("items", "a", "map", "any", "é b", "x", "__proto__", "constructor", "7", "12", "long key of more than a few characters");
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", '"', "\\", '\\"', "]", "}", "[{", ",", ":", "😀€é", "\u2028\u0000\n", "x".repeat(80), "1234567890123456789"),
);
const number = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.constantFrom(-0, 1e300, 0.1, 123456789012345));

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "medium" },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
  ),
}));
const collection = fc.oneof(
  fc.array(value, { maxLength: 8 }),
  fc.dictionary(fc.oneof(key, fc.string({ unit: fc.constantFrom("k", "é", "1"), maxLength: 5 })), value, { maxKeys: 8 }),
);
const whole = fc.oneof(
  value,
  fc.record({ items: collection, a: fc.record({ map: collection, any: collection, x: value }, { requiredKeys: [] }), "é b": collection, x: value }, { requiredKeys: [] }),
);

/** Written with all the freedom that JSON allows: white space anywhere. */
const document = fc.tuple(whole, fc.constantFrom("", " ", "\n", "\t", "  "), fc.boolean()).map(([contents, indent, spaced]) => {
  const written = JSON.stringify(contents, null, indent);
  return spaced ? ` \n${written}\r\n` : written;
});
const places = fc.array(fc.nat({ max: 600 }), { maxLength: 12 });

/** The same document, hurt: bytes changed to what matters in JSON, one left out, one doubled, or the end cut off. */
const HURTS = ['"', "\\", "[", "]", "{", "}", ",", ":", " ", "1", "-", ".", "e", "t", "\n", "\u0001"].map((character) => character.charCodeAt(0));
const hurt = fc
  .tuple(
    document,
    fc.array(fc.tuple(fc.nat({ max: 500 }), fc.constantFrom("set", "drop", "double", "cut"), fc.oneof(fc.constantFrom(...HURTS), fc.nat({ max: 255 }))), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([written, changes]) => {
    let bytes = [...Buffer.from(written)];
    for (const [at, how, byte] of changes) {
      const place = bytes.length === 0 ? 0 : at % bytes.length;
      if (how === "set") bytes[place] = byte;
      else if (how === "drop") bytes.splice(place, 1);
      else if (how === "double") bytes.splice(place, 0, ...bytes.slice(place, place + 3));
      else bytes = bytes.slice(0, place);
    }
    return Buffer.from(bytes);
  });

type Verdict = { readonly accepted: true; readonly value: unknown } | { readonly accepted: false };

function parseWhole(bytes: Buffer): Verdict {
  if (!isUtf8(bytes)) return { accepted: false };
  try {
    return { accepted: true, value: JSON.parse(bytes.toString().replace(/^\uFEFF/, "")) };
  } catch {
    return { accepted: false };
  }
}

describe("readJson and JSON.parse", () => {
  it("give the same values for good documents cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(document, places, async (written, cuts) => {
        const bytes = Buffer.from(written);
        const read = await readWhole(cutAt(bytes, cuts), PATHS, { ...LIKE_PARSE, duplicateKeys: "refuse" });
        assert.equal(read.error, null);
        assert.deepEqual(read.value, JSON.parse(written));
        assert.equal(JSON.stringify(read.value), JSON.stringify(JSON.parse(written)), "in the same order");
      }),
      { numRuns: 200 },
    );
  });

  it("give the same values for documents cut at every byte", async () => {
    await fc.assert(
      fc.asyncProperty(document, async (written) => {
        const bytes = Buffer.from(`\uFEFF${written}`);
        const read = await readWhole(
          Array.from(bytes, (byte) => Buffer.from([byte])),
          PATHS,
          LIKE_PARSE,
        );
        assert.equal(JSON.stringify(read.value), JSON.stringify(JSON.parse(written)));
      }),
      { numRuns: 15 },
    );
  });

  it("accept and refuse the same hurt documents, at the same place however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(hurt, places, async (bytes, cuts) => {
        const expected = parseWhole(bytes);
        const read = await readWhole(cutAt(bytes, cuts), PATHS, LIKE_PARSE);
        if (read.error?.code === "duplicate_key") return;
        assert.equal(read.error === null, expected.accepted, read.error?.message ?? "it was accepted");
        if (expected.accepted) assert.equal(JSON.stringify(read.value), JSON.stringify(expected.value));
        if (read.error === null) return;
        const again = await readWhole([bytes], PATHS, LIKE_PARSE);
        assert.equal(`${again.error?.code} ${again.error?.byte}`, `${read.error.code} ${read.error.byte}`);
        assert.ok(read.error.byte <= bytes.length && read.error.line >= 1 && read.error.column >= 0, read.error.message);
      }),
      { numRuns: 600 },
    );
  });
});
