import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readXml, ReaderError, type ReaderErrorCode, type XmlOptions } from "../src/index.ts";
import { cutAt, stream, trace } from "./xml-trace.ts";

async function errorOf(document: string | Buffer, options: XmlOptions = {}): Promise<ReaderError> {
  try {
    await readXml(stream([Buffer.from(document)]), {}, options);
  } catch (error) {
    if (error instanceof ReaderError) return error;
    throw error;
  }
  throw new Error("the document was accepted");
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

describe("readXml", () => {
  it("gives elements, text and CDATA in document order, by local name", async () => {
    const said = await trace([Buffer.from('<a:r xmlns:a="urn:x" a:k="1" k="2">t<![CDATA[<c>]]><b/>u &amp; v</a:r>')]);
    assert.deepEqual(said, [
      'open r {"k":"2"} 1',
      'text "t"',
      'text "<c>"',
      "open b {} 1",
      "close b",
      'text "u & v"',
      "close r",
      'end {"bytes":70,"encoding":"utf-8","elements":2}',
    ]);
  });

  it("does not gather text that is not wanted, at any length", async () => {
    const texts: string[] = [];
    const long = "x".repeat(300_000);
    await readXml(
      stream([Buffer.from(`<r><out>${long}<in>kept</in>${long}</out></r>`)]),
      { open: ({ name }) => (name === "out" ? "skip-text" : undefined), text: (text) => void texts.push(text) },
      { tokenBytesMax: 1000 },
    );
    assert.deepEqual(texts, ["kept"]);
  });

  it("awaits drain between pieces and reports bytes", async () => {
    const order: string[] = [];
    const document = Buffer.from(`<r>${"<a/>".repeat(100)}</r>`);
    await readXml(stream(cutAt(document, [100, 200, 300])), {
      open: () => void order.push("open"),
      async drain({ bytes }) {
        order.push("drain begins");
        await Promise.resolve();
        order.push(`drained ${bytes}`);
      },
    });
    const first = order.indexOf("drain begins");
    assert.equal(order[first + 1], "drained 100", "nothing is parsed while drain is awaited");
    assert.equal(order.at(-1), `drained ${document.length}`);
    assert.equal(order.filter((line) => line === "drain begins").length, 5);
  });

  const encodings: [string, Buffer, string][] = [
    ["UTF-8 with a mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from("<r>é😀</r>")]), "utf-8"],
    ["UTF-16 LE with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<?xml version="1.0" encoding="UTF-16"?><r>é😀</r>', "utf16le")]), "utf-16le"],
    ["UTF-16 BE with a mark", Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be('<?xml version="1.0" encoding="utf-16"?><r>é😀</r>')]), "utf-16be"],
    ["UTF-16 LE by its declaration", Buffer.from('<?xml version="1.0" encoding="UTF-16LE"?><r>é😀</r>', "utf16le"), "utf-16le"],
    ["UTF-16 BE without a declaration", utf16be("<r>é😀</r>"), "utf-16be"],
    ["ISO-8859-1", Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><r>é</r>', "latin1"), "iso-8859-1"],
    ["windows-1252", Buffer.concat([Buffer.from("<?xml version='1.0' encoding='windows-1252'?><r>"), Buffer.from([0x80]), Buffer.from("</r>")]), "windows-1252"],
  ];
  for (const [title, bytes, encoding] of encodings) {
    it(`reads ${title}`, async () => {
      const texts: string[] = [];
      const summary = await readXml(stream([bytes]), { text: (text) => void texts.push(text) });
      assert.equal(summary.encoding, encoding);
      assert.equal(summary.bytes, bytes.length);
      assert.equal(texts.join(""), encoding === "windows-1252" ? "€" : encoding === "iso-8859-1" ? "é" : "é😀");
    });
  }

  const bad: [string, string | Buffer, ReaderErrorCode, XmlOptions?][] = [
    ["a wrong end tag", "<a><b></a></b>", "malformed"],
    ["two roots", "<a/><b/>", "malformed"],
    ["a bare ampersand", "<a>1 & 2; 3</a>", "malformed"],
    ["a duplicate attribute", '<a b="1" b="2"/>', "malformed"],
    ["a name of the object prototype as entity", "<a>&toString;</a>", "malformed"],
    ["an unknown entity", "<a>&nbsp;</a>", "malformed"],
    ["text before the root", "hello", "malformed"],
    ["an empty document", "", "truncated"],
    ["white space only", "  \n", "truncated"],
    ["a cut element", "<a><b>", "truncated"],
    ["a cut tag", '<a><b x="1', "truncated"],
    ["a cut declaration", '<?xml version="1.0"', "truncated"],
    ["an internal entity", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "entity_declaration"],
    ["billion laughs", '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>', "entity_declaration"],
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "entity_declaration"],
    ["a parameter entity", '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><a/>', "entity_declaration"],
    ["bytes that are not UTF-8", Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), "invalid_bytes"],
    ["a character cut by the end", Buffer.from([0x3c, 0x61, 0x3e, 0xe2, 0x82]), "invalid_bytes"],
    ["UTF-16 said, UTF-8 written", '<?xml version="1.0" encoding="UTF-16"?><a/>', "encoding_conflict"],
    ["UTF-8 said, UTF-16 written", Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a/>', "utf16le"), "encoding_conflict"],
    ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), "unsupported_encoding"],
    ["an encoding nobody has", '<?xml version="1.0" encoding="EBCDIC-X"?><a/>', "unsupported_encoding"],
    ["depth", "<a>".repeat(5), "too_deep", { depthMax: 4 }],
    ["attributes", '<a b="1" c="2" d="3"/>', "too_many_attributes", { attributesMax: 2 }],
    ["references", "<a>&lt;&#65;&gt;</a>", "too_many_references", { referencesMax: 2 }],
    ["references in attributes", '<a b="&lt;&#65;&gt;"/>', "too_many_references", { referencesMax: 2 }],
    ["a long attribute", `<a b="${"x".repeat(80)}"/>`, "token_too_long", { tokenBytesMax: 64 }],
    ["a long end tag", `<a></a${" ".repeat(80)}>`, "token_too_long", { tokenBytesMax: 64 }],
    ["a name that never ends", `<${"x".repeat(500)}`, "token_too_long", { tokenBytesMax: 64 }],
    ["a document type that never ends", `<!DOCTYPE a [${" ".repeat(500)}`, "token_too_long", { tokenBytesMax: 64 }],
    ["an entity that never ends", `<a>&${"x".repeat(500)}`, "malformed"],
    ["a processing instruction whose name never ends", `<a><?${"x".repeat(2000)}`, "token_too_long"],
    ["a comment that never ends", `<a><!--${"x".repeat(500)}`, "truncated"],
    ["a CDATA section that never ends", `<a><![CDATA[${"x".repeat(500)}`, "truncated"],
    ["size", "<a></a>", "too_large", { bytesMax: 6 }],
  ];
  for (const [title, document, code, options] of bad) {
    it(`refuses ${title}: ${code}`, async () => assert.equal((await errorOf(document, options)).code, code));
  }

  it("says where: line, column, byte and path", async () => {
    const error = await errorOf('<r>\n <é a="ü">\n  <x></y></é></r>');
    assert.deepEqual(
      { code: error.code, line: error.line, column: error.column, byte: error.byte, path: error.path },
      { code: "malformed", line: 3, column: 5, byte: 22, path: "/r/é/x" },
    );
    assert.match(error.message, /line 3, column 5, byte 22, in \/r\/é\/x/);
  });

  it("reports an overlong tag where it begins, although it is noticed later", async () => {
    const error = await errorOf(`<r>\n<!--ü--><a b="${"x".repeat(500)}"/></r>`, { tokenBytesMax: 64 });
    assert.deepEqual([error.code, error.line, error.column, error.byte, error.path], ["token_too_long", 2, 8, 13, "/r"]);
  });

  it("passes over a document type without entities", async () => {
    const said = await trace([Buffer.from('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/never-fetched.dtd" [<!ELEMENT a (#PCDATA)>]><a/>')]);
    assert.deepEqual(said.slice(0, 2), ["open a {} 1", "close a"]);
  });

  it("keeps what came before a bad byte", async () => {
    const said = await trace([Buffer.concat([Buffer.from("<r><a/><b/>"), Buffer.from([0xc3, 0x28])])]);
    assert.deepEqual(
      said.map((line) => line.split(" ")[0]),
      ["open", "open", "close", "open", "close", "invalid_bytes"],
    );
    assert.match(said.at(-1) ?? "", /byte 11 /);
  });

  it("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const reading = readXml(
      stream([Buffer.from(`<r>${"<a/>".repeat(1000)}`), Buffer.from("</r>")]),
      { open: ({ name }) => (name === "a" ? controller.abort(reason) : undefined) },
      { signal: controller.signal },
    );
    await assert.rejects(reading, (error) => error === reason);
  });

  it("lets errors of handlers and of the source through unchanged", async () => {
    const mine = new Error("mine");
    await assert.rejects(
      readXml(stream([Buffer.from("<r/>")]), {
        open() {
          throw mine;
        },
      }),
      (error) => error === mine,
    );
    // oxlint-disable-next-line require-yield
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw mine;
    }
    await assert.rejects(readXml(broken(), {}), (error) => error === mine);
  });

  it("refuses limits that are not numbers of at least 1", async () => {
    await assert.rejects(readXml(stream([]), {}, { depthMax: Number.NaN }), RangeError);
    await assert.rejects(readXml(stream([]), {}, { tokenBytesMax: 10 }), RangeError);
  });
});
