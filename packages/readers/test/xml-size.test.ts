import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { readXml, ReaderError } from "../src/index.ts";

const MIB = 1024 * 1024;

/** `<r>` with so many mebibytes of this text, without ever holding them. */
async function* longDocument(opening: string, mebibytes: number, closing: string): AsyncGenerator<Buffer> {
  yield Buffer.from(`<r>${opening}`);
  // 50,000 bytes: pieces do not fall together with the reader's own.
  const piece = Buffer.from("one line of sixty-three characters, as a log may well have them\r\n".repeat(770));
  for (let bytes = 0; bytes < mebibytes * MIB; bytes += piece.length) yield piece;
  yield Buffer.from(`${closing}</r>`);
}

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

/** How much more memory was held than at first, at the most, whenever it was looked: what a collection leaves, never what only waits for one. */
function createGauge(): { look(): void; growthBytes(): number } {
  const held = (): number => {
    assert.ok(typeof collectGarbage === "function");
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const start = held();
  let most = start;
  return { look: () => (most = Math.max(most, held())), growthBytes: () => most - start };
}

describe("readXml, with what is long", () => {
  for (const [title, opening, closing] of [
    ["text", "", ""],
    ["a CDATA section", "<![CDATA[", "]]>"],
  ] as const) {
    it(`hands over ${title} of 64 MiB in pieces of 65,536 characters and holds none of it`, async () => {
      const gauge = createGauge();
      let pieces = 0;
      let chars = 0;
      let longest = 0;
      await readXml(longDocument(opening, 64, closing), {
        text(text) {
          pieces += 1;
          chars += text.length;
          longest = Math.max(longest, text.length);
          assert.ok(!text.includes("\r"));
        },
        drain() {
          if (pieces % 64 === 0) gauge.look();
        },
      });
      assert.deepEqual([longest, pieces], [65_536, Math.ceil(chars / 65_536)]);
      assert.ok(chars > 62 * MIB);
      assert.ok(gauge.growthBytes() < 4 * MIB, `${gauge.growthBytes()} bytes more`);
    });
  }

  it("passes a comment and a processing instruction of any length", async () => {
    for (const [opening, closing] of [
      ["<!--", "-->"],
      ["<?log ", "?>"],
    ] as const) {
      const { elements } = await readXml(longDocument(opening, 8, closing), {}, { tokenBytesMax: 64 });
      assert.equal(elements, 1);
    }
  });

  it("never divides a character between two pieces", async () => {
    const texts: string[] = [];
    await readXml(Buffer.from(`<r>x${"😀".repeat(40_000)}</r>`), { text: (text) => void texts.push(text) });
    assert.deepEqual(
      texts.map(({ length }) => length),
      [65_535, 14_466],
    );
    assert.ok(texts.every((text) => text.isWellFormed()));
  });

  it("refuses a gigabyte in one attribute after its limit, and keeps no more of it than that", async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('<r>\n<a k="');
      const piece = Buffer.alloc(MIB, "x");
      for (let count = 0; count < 1024; count += 1) yield piece;
    }
    let asked = 0;
    const counted = {
      async *[Symbol.asyncIterator]() {
        for await (const piece of endless()) {
          asked += 1;
          yield piece;
        }
      },
    };
    await assert.rejects(readXml(counted, {}, { tokenBytesMax: 4 * MIB }), (error) => {
      assert.ok(error instanceof ReaderError);
      assert.deepEqual([error.code, error.line, error.column, error.byte, error.permanent], ["token_too_long", 2, 0, 4, true]);
      return true;
    });
    assert.ok(asked < 12, `${asked} MiB were read`);
  });

  it("reads a long tag that comes in small pieces", async () => {
    const value = "v".repeat(600_000);
    const bytes = Buffer.from(`<r a="${value}" b="${value}"/>`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_each, index) => bytes.subarray(index * 10_000, (index + 1) * 10_000));
    const seen: string[] = [];
    await readXml(
      (async function* source() {
        yield* pieces;
      })(),
      { open: ({ attributes }) => void seen.push(attributes["a"] ?? "", attributes["b"] ?? "") },
    );
    assert.deepEqual(seen, [value, value]);
  });

  it("unpacks gzip, and places what is wrong with it in the document", async () => {
    const packed = gzipSync(`<r>\n${"<a/>\n".repeat(30_000)}</r>`);
    assert.equal((await readXml(packed, {})).elements, 30_001);
    await assert.rejects(readXml(packed.subarray(0, packed.length / 2), {}), (error) => {
      assert.ok(error instanceof ReaderError);
      assert.equal(error.code, "gzip_truncated");
      assert.equal(error.path, "/r");
      assert.ok(error.line > 1 && error.byte > 4);
      return true;
    });
  });
});
