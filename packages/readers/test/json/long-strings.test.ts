import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readNdjson, ReaderError, type JsonValue } from "../../src/index.ts";
import { cutAt, readWhole } from "./read-trace.ts";

const PATHS = ["$.items[*]", "$.map{*}"];
const LIKE_PARSE = { bigNumbers: "number", duplicateKeys: "last" } as const;

/** A character as JSON may write it: as it is, by letter, by number. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("plain words and ", "a", "0123456789".repeat(13), " ") },
  fc.constantFrom('\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", '\\\\\\"'),
  fc.constantFrom("é", "€", "😀", "\u2028", "\u007f", "\u007f0"),
  { weight: 1, arbitrary: fc.constantFrom("\\u0041", "\\u007f1", "\\ud83d\\ude00", "\\ud800", "\\u0000") },
);
/** Around the length from which on strings are long, and around the 64 bytes that are looked at together. */
const length = fc.oneof(fc.integer({ min: 370, max: 460 }), fc.integer({ min: 0, max: 3000 }));
const longString = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 12 }), length).map(([pieces, bytesMin]) => {
  let written = "";
  for (let index = 0; written.length < bytesMin; index += 1) written += pieces[index % pieces.length] ?? "";
  return `"${written}"`;
});
const short = fc.constantFrom("1", "null", '""', '"\u007f0"', '"\\u007f1"', '"\u007f"', '"\u007f00"', '"x"', "[]", "{}");
const space = fc.constantFrom("", "", " ", "\n\t ");

/** Values as text. */
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 2, arbitrary: longString },
    short,
    fc.tuple(fc.array(tie("value"), { maxLength: 4 }), space).map(([values, gap]) => `[${gap}${values.join(`${gap},${gap}`)}${gap}]`),
    objectOf(tie("value")),
  ),
}));

function objectOf(
  values: fc.Arbitrary<string>,
  keys: fc.Arbitrary<string> = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('"a"', '"b"', '"7"', '"__proto__"') }, longString),
): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc
        .array(fc.tuple(keys, values), { maxLength: 4 })
        .map((entries) => entries.filter(([key], index) => entries.findIndex(([other]) => JSON.parse(other) === JSON.parse(key)) === index)),
      space,
    )
    .map(([entries, gap]) => `{${entries.map(([key, each]) => `${gap}${key}${gap}:${gap}${each}${gap}`).join(",")}}`);
}

const document = fc.tuple(fc.array(value, { maxLength: 6 }), objectOf(value)).map(([items, map]) => `{"items":[${items.join(",")}],"map":${map}}`);
const places = fc.array(fc.nat({ max: 20_000 }), { maxLength: 8 });

const HURTS = ['"', "\\", "]", "}", "{", ",", ":", "\n", "\u0001", "u", "x", "\u007f"].map((character) => character.charCodeAt(0));
const hurt = fc
  .tuple(document, fc.array(fc.tuple(fc.nat({ max: 20_000 }), fc.oneof(fc.constantFrom(...HURTS), fc.constantFrom(0x80, 0xc3, 0xff))), { minLength: 1, maxLength: 2 }))
  .map(([written, changes]) => {
    const bytes = Buffer.from(written);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

function parsed(bytes: Buffer): string | null {
  if (!isUtf8(bytes)) return null;
  try {
    return JSON.stringify(JSON.parse(bytes.toString()));
  } catch {
    return null;
  }
}

async function readLinesOf(chunks: readonly Buffer[]): Promise<JsonValue[]> {
  const values: JsonValue[] = [];
  await readNdjson(stream(chunks), (batch) => void values.push(...batch.values));
  return values;
}

async function* stream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield chunk;
}

describe("long strings", () => {
  it("are what JSON.parse makes of them, wherever they stand and however the document is cut", async () => {
    await fc.assert(
      fc.asyncProperty(document, places, async (written, cuts) => {
        const bytes = Buffer.from(written);
        const read = await readWhole(cutAt(bytes, cuts), PATHS);
        assert.equal(read.error, null);
        assert.equal(JSON.stringify(read.value), parsed(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("are refused where JSON.parse refuses them, at the same place however the document is cut", async () => {
    await fc.assert(
      fc.asyncProperty(hurt, places, async (bytes, cuts) => {
        const expected = parsed(bytes);
        const read = await readWhole(cutAt(bytes, cuts), PATHS, LIKE_PARSE);
        if (read.error?.code === "duplicate_key") return;
        assert.equal(read.error === null, expected !== null, read.error?.message ?? "it was accepted");
        if (read.error === null) return assert.equal(JSON.stringify(read.value), expected);
        const again = await readWhole([bytes], PATHS, LIKE_PARSE);
        assert.equal(again.error?.message, read.error.message);
      }),
      { numRuns: 400 },
    );
  });

  it("are the same in lines", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 6 }), places, async (lines, cuts) => {
        // White space is free in JSON; a line feed is not in a line.
        const written = lines.map((line) => line.replaceAll("\n", " "));
        const values = await readLinesOf(cutAt(Buffer.from(written.join("\n")), cuts));
        assert.equal(JSON.stringify(values), JSON.stringify(written.map((line) => JSON.parse(line))));
      }),
      { numRuns: 150 },
    );
  });

  it("of more than there is room to note, in one element", async () => {
    const element = Array.from({ length: 1500 }, (_unused, index) => `${index}\n`.repeat(100));
    const read = await readWhole([Buffer.from(JSON.stringify({ items: [element, 1, element] }))], PATHS);
    assert.deepEqual(read.value, { items: [element, 1, element] });
  });

  it("are each read on their own where others stand before and behind them, over many batches", async () => {
    const items = Array.from({ length: 900 }, (_unused, index) => ({
      index,
      text: `"${index}"\t`.repeat(index % 250),
      note: index % 7 === 0 ? `\u007f${index % 5}` : "é".repeat(index),
    }));
    const read = await readWhole([Buffer.from(JSON.stringify({ items, map: Object.fromEntries(items.map((item) => [`key ${item.index}`, item])) }))], PATHS);
    assert.deepEqual(read.value, { items, map: Object.fromEntries(items.map((item) => [`key ${item.index}`, item])) });
  });

  it("do not turn up elsewhere when a later value takes their place, even if a string looks like what stands for them", async () => {
    const long = "long ".repeat(200);
    const document = Buffer.from(`{"items":[{"a":"${long}","a":1,"b":"\u007f0"}]}`);
    const read = await readWhole([document], PATHS, LIKE_PARSE);
    assert.deepEqual(read.value, { items: [{ a: 1, b: "\u007f0" }] });
    const refused = await readWhole([document], PATHS);
    assert.ok(refused.error instanceof ReaderError);
    assert.deepEqual([refused.error.code, refused.error.path], ["duplicate_key", "$.items[0].a"]);
  });

  it("that are wrong are refused at the byte that is", async () => {
    const long = "long ".repeat(200);
    for (const [wrong, code] of [
      ["\n", "malformed"],
      ["\\x", "malformed"],
      ["\\u00g0", "malformed"],
    ] as const) {
      const { error } = await readWhole([Buffer.from(`{"items":[0,{"a":"${long}${wrong}"}]}`)], PATHS);
      assert.deepEqual([error?.code, error?.path, error?.byte], [code, "$.items[1].a", 18 + long.length]);
    }
  });
});
