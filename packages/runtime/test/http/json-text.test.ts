import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseText, splitArray, splitObject } from "../../src/http/json-text.ts";

const spaced = (value: unknown) => JSON.stringify(value, null, 3);

describe("cutting JSON text without building values", () => {
  it("the pieces of an object, parsed, are the object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(JSON.stringify, spaced), (value, print) => {
        const members = [...splitObject(print(value))].map(([name, text]) => [name, JSON.parse(text)]);
        assert.deepEqual(Object.fromEntries(members), JSON.parse(print(value)));
      }),
    );
  });

  it("the pieces of an array, parsed, are the array", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(JSON.stringify, spaced), (value, print) => {
        assert.deepEqual(
          [...splitArray(print(value))].map((text) => JSON.parse(text)),
          JSON.parse(print(value)),
        );
      }),
    );
  });

  it("whatever is cut and parsed without complaint is what JSON.parse takes: nothing malformed slips through", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "a", ":", ",", "1", "\\", " "), maxLength: 14 }), (text) => {
        const accepts = (read: () => unknown): boolean => {
          try {
            read();
            return true;
          } catch {
            return false;
          }
        };
        const isCut = accepts(() => [...splitObject(text)].map(([, piece]) => parseText(piece)));
        const isObject = accepts(() => assert.equal(Object.prototype.toString.call(JSON.parse(text)), "[object Object]"));
        assert.equal(isCut, isObject && !hasTwice(text), text);
      }),
      { numRuns: 5000 },
    );
  });

  it("names the place of a mistake and refuses a member that comes twice", () => {
    assert.throws(() => splitObject('{"a":1,,}'), { code: "invalid_json", message: /character 7/ });
    assert.throws(() => splitObject('{"a":1,"\\u0061":2}'), { code: "invalid_json", message: /twice/ });
    assert.throws(() => splitObject("null"), { code: "invalid_request" });
    assert.throws(() => splitObject(""), { code: "invalid_json" });
  });

  it("a hundred thousand brackets are no problem", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    assert.equal(splitObject(`{"input":${deep}}`).get("input"), deep);
  });
});

/** Duplicate members are JSON, and refused all the same. */
function hasTwice(text: string): boolean {
  try {
    splitObject(text);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.includes("twice");
  }
}
