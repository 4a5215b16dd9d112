import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { ndjsonBatches, ReaderError, readLines, readNdjson, type NdjsonBatch, type NdjsonOptions, type NdjsonSummary } from "../../src/index.ts";
import { cutAt } from "../json/read-trace.ts";

interface Seen {
  /** `[line, value]` */
  readonly values: [number, unknown][];
  readonly bad: ReaderError[];
  readonly batches: NdjsonBatch[];
  readonly summary: NdjsonSummary;
}

async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

async function readAll(chunks: Iterable<Uint8Array>, options: NdjsonOptions = {}): Promise<Seen> {
  const values: [number, unknown][] = [];
  const bad: ReaderError[] = [];
  const batches: NdjsonBatch[] = [];
  const visitor = (batch: NdjsonBatch): void => {
    batches.push(batch);
    for (const [index, value] of batch.values.entries()) values.push([batch.firstLine + index, value]);
  };
  const summary = await readNdjson(stream(chunks), visitor, { onBadLine: (error) => void bad.push(error), ...options });
  return { values, bad, batches, summary };
}

/** What splitting and JSON.parse say: values and the numbers of bad lines. */
function splitAndParse(written: string): { readonly values: [number, unknown][]; readonly bad: number[] } {
  const values: [number, unknown][] = [];
  const bad: number[] = [];
  for (const [index, line] of written.split("\n").entries()) {
    if (/^[ \t\r]*$/.test(line)) continue;
    try {
      values.push([index + 1, JSON.parse(line)]);
    } catch {
      bad.push(index + 1);
    }
  }
  return { values, bad };
}

const good = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
const line = fc.oneof(
  { weight: 8, arbitrary: good },
  { weight: 2, arbitrary: fc.constantFrom("", "  ", "\r", '{"a":1}\r', '"}],{"', ' {"é":"😀"} ') },
  { weight: 2, arbitrary: fc.constantFrom("1,2", "[", "]", '"open', '{"a":1}{', "[1", "2]", "{", "}", '"a\tb"', "nul", '{"a" 1}', "\\", '"\\', ",") },
);
const document = fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean()).map(([lines, ends]) => lines.join("\n") + (ends ? "\n" : ""));
const places = fc.array(fc.nat({ max: 300 }), { maxLength: 8 });
const LIKE_PARSE = { bigNumbers: "number", duplicateKeys: "last" } as const;

describe("readNdjson", () => {
  it("says the same as splitting and JSON.parse, line numbers included, however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(document, places, async (written, cuts) => {
        const expected = splitAndParse(written);
        const seen = await readAll(cutAt(Buffer.from(written), cuts), LIKE_PARSE);
        assert.equal(JSON.stringify(seen.values), JSON.stringify(expected.values));
        assert.deepEqual(
          seen.bad.map((error) => error.line),
          expected.bad,
        );
        assert.deepEqual([seen.summary.values, seen.summary.badLines, seen.summary.endByte], [expected.values.length, expected.bad.length, Buffer.byteLength(written)]);
      }),
      { numRuns: 500 },
    );
  });

  it("takes up again behind any batch", async () => {
    await fc.assert(
      fc.asyncProperty(document, places, async (written, cuts) => {
        const bytes = Buffer.from(written);
        const whole = await readAll(cutAt(bytes, cuts), LIKE_PARSE);
        for (const { firstLine, values, endByte } of whole.batches) {
          const startLine = firstLine + values.length;
          const rest = await readAll([bytes], { ...LIKE_PARSE, startByte: endByte, startLine });
          assert.deepEqual(
            rest.values,
            whole.values.filter(([number]) => number >= startLine),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("reads packed files, a byte order mark and batches of thousands of lines", async () => {
    const lines = Array.from({ length: 30_000 }, (_unused, index) => JSON.stringify({ id: index, name: `ü ${index}`, list: [index, { a: "x,y\n" }] }));
    const packed = gzipSync(`\uFEFF${lines.join("\r\n")}\r\n`);
    const ids: unknown[] = [];
    let lineSum = 0;
    for await (const { values, firstLine } of ndjsonBatches(packed)) {
      for (const [index, value] of values.entries()) {
        ids.push(typeof value === "object" && value !== null && "id" in value ? value.id : null);
        lineSum += firstLine + index;
      }
    }
    assert.deepEqual(ids, [...lines.keys()]);
    assert.equal(lineSum, (30_000 * 30_001) / 2);
  });

  it("names what is wrong with a line: code, line, column, byte, path", async () => {
    const cases: [string | Buffer, string, NdjsonOptions?][] = [
      ['{"a":1}\n{"b":[1,x]}\n', "malformed 2:8 byte 16 $.b[1]"],
      ['{"a":1}\n{"b":', "truncated 2:5 byte 13 $.b"],
      ['1\n{"a":1,"a":2}', "duplicate_key 2:7 byte 9 $.a"],
      ["1\n[[[[1]]]]", "too_deep 2:3 byte 5 $[0][0][0]", { depthMax: 3 }],
      ["1\n12345678901234567890", "inexact_number 2:0 byte 2 $", { bigNumbers: "error" }],
      [Buffer.concat([Buffer.from('1\n"é'), Buffer.from([0xff]), Buffer.from('"')]), "invalid_bytes 2:3 byte 5 "],
      [Buffer.concat([Buffer.from('1\n"'), Buffer.from([0xe2, 0x82])]), "truncated 2:1 byte 3 "],
      [`1\n"${"x".repeat(100)}"\n2`, "token_too_long 2:0 byte 2 ", { lineBytesMax: 50 }],
    ];
    for (const [document, expected, options] of cases) {
      const bytes = Buffer.from(document);
      for (const chunks of [[bytes], Array.from(bytes, (byte) => Buffer.from([byte]))]) {
        const error = await readNdjson(stream(chunks), () => undefined, options).then(
          () => assert.fail("it was read"),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof ReaderError && error.permanent, String(error));
        assert.equal(`${error.code} ${error.line}:${error.column} byte ${error.byte} ${error.path}`, expected);
      }
    }
  });

  it("goes on behind a line of any length when it may, without holding it", async () => {
    const long = Buffer.alloc(1_000_000, "x");
    const bytes = Buffer.concat([Buffer.from("1\n"), long, Buffer.from("\n2\n"), long]);
    const seen = await readAll(
      cutAt(
        bytes,
        Array.from({ length: 50 }, (_unused, index) => index * 40_000),
      ),
      { lineBytesMax: 1000 },
    );
    assert.deepEqual(seen.values, [
      [1, 1],
      [3, 2],
    ]);
    assert.deepEqual(
      seen.bad.map(({ code, line: at, byte }) => [code, at, byte]),
      [
        ["token_too_long", 2, 2],
        ["token_too_long", 4, 1_000_005],
      ],
    );
    assert.deepEqual(seen.summary, { values: 2, badLines: 2, nextLine: 5, endByte: bytes.length });
  });

  it("keeps big numbers exact and odd keys safe", async () => {
    const seen = await readAll([Buffer.from('{"__proto__":12345678901234567890}\n{"\\\\":1}\n{"\\"":2}')]);
    assert.equal(
      JSON.stringify(seen.values),
      JSON.stringify([
        [1, JSON.parse('{"__proto__":"12345678901234567890"}')],
        [2, { "\\": 1 }],
        [3, { '"': 2 }],
      ]),
    );
  });

  it("waits for the visitor, and closes the source when it throws", async () => {
    let pulled = 0;
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          pulled += 1;
          yield Buffer.from("1\n2\n");
        }
      } finally {
        ended = true;
      }
    }
    const mine = new Error("mine");
    let batches = 0;
    const reading = readNdjson(source(), async () => {
      batches += 1;
      assert.ok(pulled <= batches + 1);
      await Promise.resolve();
      if (batches === 3) throw mine;
    });
    await assert.rejects(reading, (error) => error === mine);
    assert.ok(ended);
  });
});

describe("readLines", () => {
  it("gives every line, empty ones too, with numbers and places to take up again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll(/[\r\n\uFEFF]/g, "")),
          { minLength: 1, maxLength: 10 },
        ),
        places,
        async (lines, cuts) => {
          const bytes = Buffer.from(`${lines.join("\r\n")}\n`);
          const got: string[] = [];
          for await (const batch of readLines(stream(cutAt(bytes, cuts)))) {
            assert.equal(batch.firstLine, got.length + 1);
            assert.equal(bytes.subarray(batch.startByte, batch.endByte).toString().replaceAll("\r\n", "\n"), `${batch.lines.join("\n")}\n`);
            got.push(...batch.lines);
          }
          assert.deepEqual(got, lines);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("refuses bytes that are not UTF-8 and lines that are too long", async () => {
    const read = async (document: Buffer): Promise<void> => {
      for await (const batch of readLines(document, { lineBytesMax: 20 })) assert.ok(batch.lines.length > 0);
    };
    await assert.rejects(read(Buffer.concat([Buffer.from("é\nab"), Buffer.from([0xff, 0x0a])])), { code: "invalid_bytes", line: 2, column: 2, byte: 5 });
    await assert.rejects(read(Buffer.from(`é\n${"x".repeat(21)}\n`)), { code: "token_too_long", line: 2, byte: 3 });
  });
});
