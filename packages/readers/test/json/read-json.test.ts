import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { jsonBatches, readJson, ReaderError, type JsonBatch, type ReadJsonOptions } from "../../src/index.ts";

const ITEMS = { "$.items[*]": "skip", "$.map{*}": "skip" } as const;

async function errorOf(document: string | Buffer, options: Partial<ReadJsonOptions> = {}): Promise<ReaderError> {
  const bytes = Buffer.from(document);
  const errors: ReaderError[] = [];
  for (const length of [bytes.length + 1, 1, 7]) {
    const error = await readJson(pieces(bytes, length), { visit: ITEMS, ...options }).then(
      () => assert.fail("it was read"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ReaderError)) throw error;
    errors.push(error);
  }
  const [first, ...others] = errors;
  assert.ok(first !== undefined);
  for (const other of others) assert.equal(other.message, first.message, "however it is cut");
  return first;
}

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function batchesOf(document: string, path: string): Promise<JsonBatch[]> {
  const batches: JsonBatch[] = [];
  for await (const batch of jsonBatches(Buffer.from(document), path)) batches.push(batch);
  return batches;
}

describe("readJson", () => {
  it("hands over elements and the rest around them, whatever the order of keys", async () => {
    const document = '{"result":{"ProfileData":{"Troops":{"7":{"Level":1},"3":{"Level":2}},"Pets":[{"PetId":1}],"Name":"x"},"NameCode":"N"}}';
    const seen: string[] = [];
    const visitor = ({ path, kind, keys, values }: JsonBatch): void => void seen.push(`${path} ${kind} ${JSON.stringify(keys)} ${JSON.stringify(values)}`);
    const { outline, elements, bytes } = await readJson(Buffer.from(document), {
      visit: { "$.result.ProfileData.Troops.* | $.ProfileData.Troops.*": visitor, "$.result.ProfileData.Pets.*": visitor },
    });
    assert.deepEqual(seen, ['$.result.ProfileData.Troops map ["7","3"] [{"Level":1},{"Level":2}]', '$.result.ProfileData.Pets array null [{"PetId":1}]']);
    assert.deepEqual(outline, { result: { ProfileData: { Troops: {}, Pets: [], Name: "x" }, NameCode: "N" } });
    assert.deepEqual(
      [...elements],
      [
        ["$.result.ProfileData.Troops", 2],
        ["$.result.ProfileData.Pets", 1],
      ],
    );
    assert.equal(bytes, document.length);
  });

  it("visits a root array, a root map, and nothing at all", async () => {
    assert.deepEqual(
      (await batchesOf(" [1, [2], {}] ", "$[*]")).map(({ values }) => values),
      [[1, [2], {}]],
    );
    assert.deepEqual(
      (await batchesOf('{"a":1}', "$.*")).map(({ keys, values }) => [keys, values]),
      [[["a"], [1]]],
    );
    assert.deepEqual(await batchesOf("[ \n ]", "$[*]"), []);
    assert.deepEqual(await batchesOf('{"a":1}', "$[*]"), [], "an object is no array");
    assert.deepEqual((await readJson(Buffer.from("42"), { visit: {} })).outline, 42);
  });

  it("says which bytes and which elements a batch is", async () => {
    const items = Array.from({ length: 9000 }, (_unused, index) => ({ index, text: "é".repeat(index % 30) }));
    const document = Buffer.from(JSON.stringify({ items }));
    let next = 0;
    for await (const { firstIndex, values, startByte, endByte } of jsonBatches(pieces(document, 50_000), "$.items[*]")) {
      assert.equal(firstIndex, next);
      next += values.length;
      assert.deepEqual(JSON.parse(`[${document.subarray(startByte, endByte).toString()}]`), values);
    }
    assert.equal(next, 9000);
  });

  it("takes up again at an element: what came before is checked, not handed over", async () => {
    const document = Buffer.from(JSON.stringify({ items: Array.from({ length: 20_000 }, (_unused, index) => index), map: { a: 1, b: 2 } }));
    const seen: unknown[] = [];
    const { elements } = await readJson(pieces(document, 3000), {
      visit: { "$.items[*]": ({ values, firstIndex }) => void seen.push(firstIndex, ...values), "$.map{*}": ({ keys, values }) => void seen.push(keys, values) },
      resume: { "$.items": 19_998, "$.map": 1 },
    });
    assert.deepEqual(seen, [19_998, 19_998, 19_999, ["b"], [2]]);
    assert.equal(elements.get("$.items"), 20_000);
    const bad = Buffer.concat([document.subarray(0, 100), Buffer.from("!"), document.subarray(100)]);
    await assert.rejects(readJson(bad, { visit: ITEMS, resume: { "$.items": 19_998 } }), { code: "malformed" });
  });

  it("keeps numbers exact: as text, bigint, error, or not", async () => {
    const document =
      '{"items":[9007199254740991,9007199254740992,-9007199254740993,123456789012345678901234567890,1e400,0.12345678901234567890,{"n":[18446744073709551615]},"12345678901234567890",1e22,1E+0400,100e-2],"n":9007199254740993}';
    const read = async (bigNumbers: "string" | "bigint" | "number"): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const length of [1000, 1, 13]) {
        seen.length = 0;
        const { outline } = await readJson(pieces(Buffer.from(document), length), { visit: { "$.items[*]": ({ values }) => void seen.push(...values) }, bigNumbers });
        seen.push(outline);
      }
      return seen;
    };
    const small = 0.1234567890123456789; // oxlint-disable-line no-loss-of-precision
    assert.deepEqual(await read("string"), [
      9007199254740991,
      "9007199254740992",
      "-9007199254740993",
      "123456789012345678901234567890",
      "1e400",
      small,
      { n: ["18446744073709551615"] },
      "12345678901234567890",
      1e22,
      "1E+0400",
      1,
      { items: [], n: "9007199254740993" },
    ]);
    assert.deepEqual((await read("bigint")).slice(1, 7), [9007199254740992n, -9007199254740993n, 123456789012345678901234567890n, "1e400", small, { n: [18446744073709551615n] }]);
    assert.equal((await read("number"))[1], 9007199254740992);
    const error = await errorOf(document, { bigNumbers: "error" });
    assert.deepEqual([error.code, error.byte, error.path], ["inexact_number", 27, "$.items[1]"]);
  });

  it("makes __proto__ a key as any other, in elements, keys of maps and the outline", async () => {
    const seen: JsonBatch[] = [];
    const { outline } = await readJson(Buffer.from('{"map":{"__proto__":{"__proto__":{"polluted":1}},"constructor":12345678901234567890},"__proto__":{"polluted":1}}'), {
      visit: { "$.map{*}": (batch) => void seen.push(batch) },
    });
    assert.deepEqual(seen[0]?.keys, ["__proto__", "constructor"]);
    for (const holder of [seen[0]?.values[0], outline]) {
      assert.ok(typeof holder === "object" && holder !== null);
      assert.equal(Object.getPrototypeOf(holder), Object.prototype);
      assert.ok(Object.hasOwn(holder, "__proto__"));
      assert.equal("polluted" in holder, false);
    }
  });

  it("finds a key of a map again among thousands, and takes no two for one", async () => {
    const keys = Array.from({ length: 30_000 }, (_unused, index) => `key ${index * 7919}`);
    const entries = keys.map((key) => `${JSON.stringify(key)}:1`);
    const { elements } = await readJson(Buffer.from(`{"map":{${entries.join(",")}}}`), { visit: ITEMS });
    assert.equal(elements.get("$.map"), 30_000);
    const again = Buffer.from(`{"map":{${entries.join(",")},"key 7919":2}}`);
    await assert.rejects(readJson(again, { visit: ITEMS }), { code: "duplicate_key", path: '$.map["key 7919"]', byte: again.length - 14 });
    await readJson(again, { visit: ITEMS, duplicateKeys: "last" });
  });

  it("reads keys with escapes rightly, also where the engine's own parser does not", async () => {
    // The engine goes wrong after it has seen this one (nodejs/node#63785).
    JSON.parse('{"h":[],"\\\\":0}');
    for (const key of ['"', "\\", "\n", "\u0001", "\u2028", 'é"', "a\\b"]) {
      const element = `{"h":1,${JSON.stringify(key)}:2,"x":"\\""}`;
      const [batch] = await batchesOf(`[${element},${element}]`, "$[*]");
      for (const value of batch?.values ?? assert.fail("nothing was read")) assert.deepEqual(value, { h: 1, [key]: 2, x: '"' });
      const { outline } = await readJson(Buffer.from(element), { visit: {} });
      assert.deepEqual(outline, { h: 1, [key]: 2, x: '"' });
    }
  });
});

/** Document, what is said, options. */
const BAD: readonly (readonly [string, string | Buffer, string, Partial<ReadJsonOptions>?])[] = [
  ["nothing", "", "empty 1:0 byte 0 $"],
  ["white space only", " \n ", "empty 2:1 byte 3 $"],
  ["a byte order mark only", "\uFEFF", "empty 1:3 byte 3 $"],
  ["a document cut in the outline", '{"a":\n{"b":', "truncated 2:5 byte 11 $.a.b"],
  ["a document cut in an element", '{"items":[1,\n{"b":[2', "truncated 2:7 byte 20 $.items[1].b"],
  ["a document cut between elements", '{"items":[1,', "truncated 1:12 byte 12 $.items[1]"],
  ["a document cut behind elements", '{"items":[1]', "truncated 1:12 byte 12 $"],
  ["a document cut in a key of a map", '{"map":{"a":1,"b', "truncated 1:16 byte 16 $.map"],
  ["a document cut behind a key of a map", '{"map":{"a":1,"b"', "truncated 1:17 byte 17 $.map.b"],
  ["a document cut in a character", Buffer.concat([Buffer.from('{"items":["'), Buffer.from([0xe2, 0x82])]), "truncated 1:11 byte 11 $.items"],
  ["a document cut in a character of the outline", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xf0, 0x9f, 0x98])]), "truncated 1:6 byte 6 $.a"],
  ["a document cut in an escape", '{"a":"\\u12', "truncated 1:10 byte 10 $.a"],
  ["a comma too many", '{"items":[1,2,]}', "malformed 1:14 byte 14 $.items[2]"],
  ["a comma too many before elements", '{"items":[,1]}', "malformed 1:10 byte 10 $.items[0]"],
  ["a comma too many in a map", '{"map":{"a":1,}}', "malformed 1:14 byte 14 $.map"],
  ["two commas", '{"items":[1,,2]}', "malformed 1:12 byte 12 $.items[1]"],
  ["a missing comma", '{"items":[{"a":1}\n{"a":2}]}', 'malformed 2:0 byte 18 $.items "{"'],
  ["a colon in an array", '{"items":[1:2]}', 'malformed 1:11 byte 11 $.items ":"'],
  ["a comma instead of a colon in a map", '{"map":{"a",1}}', "malformed 1:11 byte 11 $.map.a"],
  ["two colons in a map", '{"map":{"a":1:2}}', 'malformed 1:13 byte 13 $.map ":"'],
  ["a key that is none", '{"map":{"a":1,2:3}}', 'malformed 1:14 byte 14 $.map "2"'],
  ["a key without a value", '{"map":{"a":1,"b"}}', "malformed 1:17 byte 17 $.map.b"],
  ["the wrong bracket at the end of elements", '{"items":[1}}', "malformed 1:11 byte 11 $.items"],
  ["the wrong bracket in an element", '{"items":[{"a":[1}]}', 'malformed 1:17 byte 17 $.items[0].a "}"'],
  ["the wrong bracket in the outline", '{"a":[1}', 'malformed 1:7 byte 7 $.a "}"'],
  ["a word that is none", '{"items":[true,\nnul]}', "malformed 2:3 byte 19 $.items[1]"],
  ["a number that is none", '{"items":[01]}', 'malformed 1:11 byte 11 $.items "1"'],
  ["a control character", '{"items":["a\tb"]}', "malformed 1:12 byte 12 $.items[0]"],
  ["an escape that is none", '{"items":["\\x"]}', "malformed 1:11 byte 11 $.items[0]"],
  ["something behind the end", '{"items":[1]} \nx', 'malformed 2:0 byte 15 $ "x"'],
  ["two documents", "{}{}", 'malformed 1:2 byte 2 $ "{"'],
  ["a bracket too many", "[1]]", 'malformed 1:3 byte 3 $ "]"'],
  ["bytes that are not UTF-8 in an element", Buffer.concat([Buffer.from('{"items":["é'), Buffer.from([0xff]), Buffer.from('"]}')]), "invalid_bytes 1:13 byte 13 $.items"],
  ["bytes that are not UTF-8 in the outline", Buffer.concat([Buffer.from('{"é":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), "invalid_bytes 1:7 byte 7 $.é"],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le"), "malformed 1:1 byte 1 $"],
  ["a key twice in the outline", '{"a":1,"b":{"c":1,"c":2}}', "duplicate_key 1:18 byte 18 $.b.c"],
  ["a key twice in an element", '{"items":[{"a":1},{"a":{"b":1,"\\u0062":2}}]}', "duplicate_key 1:30 byte 30 $.items[1].a.b"],
  ["a key twice in a map", '{"map":{"a":1,"b":2,\n"a":3}}', "duplicate_key 2:0 byte 21 $.map.a"],
  ["elements twice", '{"items":[1],"x":2,"items":[3]}', "duplicate_key 1:27 byte 27 $.items"],
  ["elements twice, also when the last one may stand", '{"items":[1],"items":[3]}', "duplicate_key 1:21 byte 21 $.items", { duplicateKeys: "last" }],
  ["depth in an element", '{"items":[1,[[2]]]}', "too_deep 1:13 byte 13 $.items[1][0]", { depthMax: 3 }],
  ["depth in the outline", '{"a":[[[1]]]}', "too_deep 1:7 byte 7 $.a[0][0]", { depthMax: 3 }],
  ["depth at the visited array itself", '{"items":[]}', "too_deep 1:9 byte 9 $.items", { depthMax: 1 }],
  ["an element that is too large", `{"items":[1,{"a":"${"x".repeat(100)}"},2]}`, "element_too_large 1:12 byte 12 $.items[1]", { elementBytesMax: 64 }],
  ["one endless string", `{"items":[1,"${"x".repeat(500)}`, "element_too_large 1:12 byte 12 $.items[1]", { elementBytesMax: 64 }],
  ["too much that is not visited", `{"a":"${"x".repeat(500)}"}`, "outline_too_large 1:100 byte 100 $.a", { outlineBytesMax: 100 }],
  ["size", '{"items":[1,2,3]}', "too_large 1:12 byte 12 $.items[1]", { bytesMax: 12 }],
];

describe("readJson refuses", () => {
  for (const [title, document, expected, options] of BAD) {
    it(title, async () => {
      const error = await errorOf(document, options);
      const said = `${error.code} ${error.line}:${error.column} byte ${error.byte} ${error.path}`;
      // A quoted character at the end is what the message has to begin with.
      const [, place = "", character] = /^(.*?)( "."$)?$/s.exec(expected.replace(/ ("."$)/, "\u0000$1").replace("\u0000", " ")) ?? [];
      assert.equal(said, place);
      if (character !== undefined) assert.ok(error.message.startsWith(character.trim()), error.message);
      assert.ok(error.permanent && error.hint.length > 10);
    });
  }

  it("packed documents that unpack badly, with the place in what was unpacked", async () => {
    const packed = gzipSync('{"items":[1,2,3,4,5]}');
    await assert.rejects(readJson(packed.subarray(0, packed.length - 2), { visit: ITEMS }), { code: "gzip_truncated" });
    const { elements } = await readJson(packed, { visit: ITEMS });
    assert.equal(elements.get("$.items"), 5);
  });

  it("what never ends, after a bounded number of bytes", async () => {
    const endless: readonly (readonly [string, string, string])[] = [
      ['{"items":["', "x", "element_too_large"],
      ['{"items":[', " ", "element_too_large"],
      ['{"map":{"', "x", "element_too_large"],
      ['{"x":"', "x", "outline_too_large"],
      ['{"x":', "[", "too_deep"],
      ['{"items":', "[", "too_deep"],
      ['{"x":[', "1,", "outline_too_large"],
    ];
    for (const [start, more, code] of endless) {
      let pulledBytes = 0;
      async function* source(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(start);
        for (;;) {
          const piece = Buffer.alloc(50_000, more);
          pulledBytes += piece.length;
          yield piece;
        }
      }
      const limits = { elementBytesMax: 300_000, outlineBytesMax: 300_000 };
      await assert.rejects(readJson(source(), { visit: ITEMS, ...limits }), { name: "ReaderError", code, permanent: true });
      assert.ok(pulledBytes <= 400_000, `${code} after ${pulledBytes} bytes`);
    }
  });

  it("paths that cannot be read or lead into each other", async () => {
    for (const path of ["items[*]", "$.items", "$", "$.a[*].b[*]", "$.a b[*]", "$..a[*]", '$["a[*]', "$.a[*]x", "$.a[0][*]"])
      await assert.rejects(readJson(Buffer.from("{}"), { visit: { [path]: "skip" } }), TypeError, path);
    await assert.rejects(readJson(Buffer.from("{}"), { visit: { "$.a[*]": "skip", "$.a.b[*]": "skip" } }), TypeError);
    await assert.rejects(readJson(Buffer.from("{}"), { visit: { "$.a.b[*]": "skip", "$.a.*": "skip" } }), TypeError);
    await assert.rejects(readJson(Buffer.from("{}"), { visit: { "$.a[*]": "skip", "$.a{*}": "skip" } }), TypeError);
  });

  it("options that are none", async () => {
    for (const options of [{ depthMax: 0 }, { depthMax: 5000 }, { elementBytesMax: 10 }, { outlineBytesMax: Number.NaN }, { bytesMax: 0 }])
      await assert.rejects(readJson(Buffer.from("{}"), { visit: {}, ...options }), RangeError);
  });
});

describe("readJson and its source", () => {
  const big = Buffer.from(JSON.stringify({ items: Array.from({ length: 50_000 }, (_unused, index) => ({ index })) }));

  it("reads nothing while a visitor works", async () => {
    let pulled = 0;
    let batches = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces(big, 10_000)) {
        pulled += 1;
        yield piece;
      }
    }
    await readJson(counted(), {
      visit: {
        async "$.items[*]"() {
          const before = pulled;
          await new Promise((resolve) => setImmediate(resolve));
          assert.equal(pulled, before);
          batches += 1;
        },
      },
    });
    assert.ok(batches > 10);
  });

  it("closes the file when a visitor throws, when it is aborted and when the loop is left", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cofferdam-json-"));
    try {
      const path = join(folder, "big.json");
      writeFileSync(path, big);
      const open = (): number => readdirSync("/proc/self/fd").filter((fd) => linkOf(fd) === path).length;
      const mine = new Error("mine");
      await assert.rejects(
        readJson(path, {
          visit: {
            "$.items[*]"() {
              assert.equal(open(), 1);
              throw mine;
            },
          },
        }),
        (error) => error === mine,
      );
      assert.equal(open(), 0);
      const controller = new AbortController();
      let batches = 0;
      const aborted = readJson(path, {
        signal: controller.signal,
        visit: {
          "$.items[*]"() {
            batches += 1;
            controller.abort(mine);
          },
        },
      });
      await assert.rejects(aborted, (error) => error === mine);
      assert.deepEqual([open(), batches], [0, 1]);
      for await (const { values } of jsonBatches(path, "$.items[*]")) {
        assert.ok(values.length > 0);
        break;
      }
      assert.equal(open(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("hands over what came before a bad place", async () => {
    const seen: unknown[] = [];
    const bad = Buffer.concat([big.subarray(0, big.length - 20), Buffer.from("!!")]);
    await assert.rejects(readJson(pieces(bad, 30_000), { visit: { "$.items[*]": ({ values }) => void seen.push(...values) } }), ReaderError);
    assert.ok(seen.length > 45_000);
  });
});

function linkOf(fd: string): string | null {
  try {
    return readlinkSync(join("/proc/self/fd", fd));
  } catch {
    return null;
  }
}
