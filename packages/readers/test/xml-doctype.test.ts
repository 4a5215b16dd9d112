import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readXml, ReaderError } from "../src/index.ts";

async function outcomeOf(document: string): Promise<string> {
  try {
    const { elements } = await readXml(Buffer.from(document), {});
    return `${elements} elements`;
  } catch (error) {
    if (error instanceof ReaderError) return `${error.code} at byte ${error.byte}`;
    throw error;
  }
}

const LAUGHS = Array.from({ length: 9 }, (_each, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join("");

describe("a document type declaration", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["<!DOCTYPE a><a/>", "1 elements"],
    ["<!DOCTYPE a SYSTEM 'a.dtd'><a/>", "1 elements"],
    ['<!DOCTYPE a PUBLIC "p" "http://127.0.0.1:1/never-fetched.dtd" ><a/>', "1 elements"],
    ["<?xml version='1.0'?> <!-- c --> <!DOCTYPE a [ <!ELEMENT a (b|c)*> ] ><a/>", "1 elements"],
    ["<!DOCTYPE a [<!ATTLIST a k CDATA '>' l (x|y) #IMPLIED><!NOTATION n SYSTEM \"n\">]><a/>", "1 elements"],
    ["<!DOCTYPE a [<!-- <!ENTITY ' -->\n<?pi <!ENTITY ]> ?>]><a/>", "1 elements"],
    ["<!DOCTYPE a SYSTEM '[>' [ ]><a/>", "1 elements"],
    ["<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "entity_declaration at byte 13"],
    ["<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "entity_declaration at byte 13"],
    ["<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:1/x'> %x;]><a/>", "entity_declaration at byte 13"],
    ["<!DOCTYPE a [ %x; ]><a/>", "entity_declaration at byte 14"],
    [`<!DOCTYPE l0 [<!ENTITY l0 "ha">${LAUGHS}]><l0>&l9;</l0>`, "entity_declaration at byte 14"],
    ["<!DOCTYPE a SYSTEM 'a.dtd'><a>&declared-elsewhere;</a>", "malformed at byte 30"],
    ["<!DOCTYPE><a/>", "malformed at byte 9"],
    ["<!DOCTYPE a SYSTEM><a/>", "malformed at byte 9"],
    ["<!DOCTYPE a PUBLIC 'p'><a/>", "malformed at byte 9"],
    ["<!DOCTYPE a><!DOCTYPE a><a/>", "malformed at byte 12"],
    ["<a/><!DOCTYPE a>", "malformed at byte 4"],
    ["<a><!DOCTYPE a></a>", "malformed at byte 3"],
    ["<!doctype a><a/>", "malformed at byte 0"],
    ["<!DOCTYPE a [<b/>]><a/>", "malformed at byte 13"],
    ["<!DOCTYPE a [<!ELEMENT a (b)]><a/>", "malformed at byte 30"],
    ["<!DOCTYPE a [x]><a/>", "malformed at byte 13"],
    ["<!DOCTYPE a [] x><a/>", "malformed at byte 15"],
    ["<!DOCTYPE a [<!ELEMENT a (b", "truncated at byte 27"],
    ["<!DOCTYPE a ", "truncated at byte 12"],
  ];
  for (const [document, expected] of cases) {
    it(`${document.slice(0, 60)}: ${expected}`, async () => assert.equal(await outcomeOf(document), expected));
  }
});

describe("attributes", () => {
  it("may be named like anything that objects inherit", async () => {
    const seen: Record<string, string>[] = [];
    await readXml(Buffer.from('<a __proto__="1" constructor="2" toString="3"/>'), { open: ({ attributes }) => void seen.push({ ...attributes }) });
    assert.deepEqual(Object.entries(seen[0] ?? {}), [
      ["__proto__", "1"],
      ["constructor", "2"],
      ["toString", "3"],
    ]);
    let plain: Readonly<Record<string, string>> = {};
    await readXml(Buffer.from("<a/>"), { open: ({ attributes }) => void (plain = attributes) });
    assert.deepEqual([plain["constructor"], plain["toString"], plain["__proto__"]], [undefined, undefined, undefined]);
  });

  it("are told apart however many there are", async () => {
    const names = Array.from({ length: 200 }, (_each, index) => `k${index}`);
    const written = names.map((name) => `${name}="${name}"`).join(" ");
    let count = 0;
    await readXml(Buffer.from(`<a ${written}/>`), { open: ({ attributes }) => void (count = Object.keys(attributes).length) });
    assert.equal(count, 200);
    assert.match(await outcomeOf(`<a ${written} k7=""/>`), /^malformed/);
    assert.match(await outcomeOf(`<a ${written} k199=""/>`), /^malformed/);
  });
});
