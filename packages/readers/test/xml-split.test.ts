import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { doctypeDocument, soupDocument } from "./xml-soup.ts";
import { cutAt, trace } from "./xml-trace.ts";

const name = fc.constantFrom("a", "testcase", "n:b", "ü", "x-1");
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }).map((raw) =>
    raw
      .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\r\n")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;"),
  ),
  fc.constantFrom("&#x1F600;", "&amp;&lt;", "]]", "\r", "\r\n", "plain words of some length that are longer than a slice", "€", "😀😀"),
);
const attribute = text.map((value) => value.replaceAll('"', "&quot;"));

const { element } = fc.letrec<{ element: string; children: string }>((tie) => ({
  element: fc.tuple(name, fc.dictionary(fc.constantFrom("k", "n:k", "m"), attribute, { maxKeys: 3 }), tie("children")).map(
    ([tag, attributes, children]) =>
      `<${tag}${Object.entries(attributes)
        .map(([key, value]) => ` ${key}="${value}"`)
        .join("")}>${children}</${tag}>`,
  ),
  children: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    text,
    fc.array(fc.oneof(text, fc.constantFrom("<!-- c -->", "<?pi x?>", "<![CDATA[<&]] >]]>", "<e/>"), tie("element")), { maxLength: 4 }).map((parts) => parts.join("")),
  ),
}));

const document = fc.tuple(fc.constantFrom("", "\uFEFF", '<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="utf-8"?>'), element).map((parts) => parts.join(""));
const places = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

/** The same document, hurt: a byte changed, or the end cut off. */
const hurt = fc.tuple(document, fc.nat({ max: 300 }), fc.oneof(fc.constant("cut" as const), fc.nat({ max: 255 }))).map(([written, at, how]) => {
  const bytes = Buffer.from(written);
  const place = at % bytes.length;
  if (how === "cut") return bytes.subarray(0, place);
  bytes[place] = how;
  return bytes;
});

function encode(written: string, encoding: "utf-16le" | "utf-16be" | "latin1"): Buffer {
  const bare = written.replace("\uFEFF", "").replace(/^<\?xml[^>]*>/, "");
  if (encoding === "latin1") return Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${bare}`, "latin1");
  const bytes = Buffer.from(`\uFEFF${bare}`, "utf16le");
  return encoding === "utf-16le" ? bytes : bytes.swap16();
}

describe("readXml, however the bytes arrive", () => {
  it("says the same of good documents, cut anywhere and byte by byte", async () => {
    await fc.assert(
      fc.asyncProperty(document, places, async (written, cuts) => {
        const bytes = Buffer.from(written);
        const whole = await trace([bytes]);
        assert.match(whole.at(-1) ?? "", /^end /, written);
        assert.deepEqual(await trace(cutAt(bytes, cuts)), whole);
        assert.deepEqual(await trace(Array.from(bytes, (byte) => Buffer.from([byte]))), whole);
      }),
      { numRuns: 300 },
    );
  });

  it("says the same of hurt documents: what came before, and where it broke", async () => {
    await fc.assert(
      fc.asyncProperty(hurt, places, async (bytes, cuts) => {
        assert.deepEqual(await trace(cutAt(bytes, cuts)), await trace([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("says the same of markup put together at random", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(soupDocument, doctypeDocument), places, async (written, cuts) => {
        const bytes = Buffer.from(written);
        const whole = await trace([bytes], { tokenBytesMax: 64 });
        assert.deepEqual(await trace(cutAt(bytes, cuts), { tokenBytesMax: 64 }), whole);
        assert.deepEqual(
          await trace(
            Array.from(bytes, (byte) => Buffer.from([byte])),
            { tokenBytesMax: 64 },
          ),
          whole,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("says the same of hurt documents in other encodings", async () => {
    await fc.assert(
      fc.asyncProperty(document, fc.constantFrom("utf-16le", "utf-16be", "latin1"), fc.nat(), fc.nat({ max: 255 }), places, async (written, encoding, at, byte, cuts) => {
        const bytes = encode(written, encoding);
        bytes[at % bytes.length] = byte;
        assert.deepEqual(await trace(cutAt(bytes, cuts)), await trace([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("says the same in UTF-16, byte by byte", async () => {
    await fc.assert(
      fc.asyncProperty(document, async (written) => {
        const utf16 = Buffer.from(`\uFEFF${written.replace("\uFEFF", "").replace("utf-8", "utf-16")}`, "utf16le");
        const events = (said: readonly string[]): readonly string[] => said.slice(0, -1);
        const whole = await trace([utf16]);
        assert.match(whole.at(-1) ?? "", /^end /);
        assert.deepEqual(events(whole), events(await trace([Buffer.from(written)])));
        assert.deepEqual(await trace(Array.from(utf16, (byte) => Buffer.from([byte]))), whole);
      }),
      { numRuns: 60 },
    );
  });
});
