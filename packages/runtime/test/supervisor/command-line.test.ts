import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fillArguments } from "../../src/supervisor/command-line.ts";

const INPUT = JSON.stringify({ url: "https://example.org/a b?c='d'", page: { number: 7, tags: ["x", "y"], done: false, none: null }, "with-dash": "dash" });

describe("arguments from the input", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["{input.url}", "https://example.org/a b?c='d'"],
    ["--page={input.page.number}", "--page=7"],
    ["{input.page.done}/{input.page.number}", "false/7"],
    ["{input.page.tags}", '["x","y"]'],
    ["{input.page.none}", "null"],
    ["{input.with-dash}", "dash"],
    ["{input}", INPUT],
    ["{inputs}", "{inputs}"],
    ["{ input.url }", "{ input.url }"],
    ["{input.}", "{input.}"],
  ];
  for (const [argument, expected] of cases) it(argument, () => assert.deepEqual(fillArguments(["program", argument], INPUT), ["program", expected]));

  it("names the argument and the field that is missing", () => {
    assert.throws(() => fillArguments(["program", "--user", "{input.user.id}"], INPUT), /argument 2 .*input\.user\.id/);
    assert.throws(() => fillArguments(["program", "{input.page.number.more}"], INPUT), /input\.page\.number\.more/);
    assert.throws(() => fillArguments(["program", "{input.url}"], "null"), /input\.url/);
  });

  it("reads own fields only", () => {
    for (const field of ["constructor", "__proto__", "toString"]) assert.throws(() => fillArguments([`{input.${field}}`], "{}"), /no such field/);
  });

  it("never makes two arguments of one, and never fills twice", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        assert.deepEqual(fillArguments(["p", "<{input.value}>"], JSON.stringify({ value })), ["p", `<${value}>`]);
      }),
    );
    assert.deepEqual(fillArguments(["p", "{input.a}"], '{"a":"{input.b}","b":"no"}'), ["p", "{input.b}"]);
    assert.deepEqual(fillArguments(["p", "{input.a}"], '{"a":"$& $1 $$"}'), ["p", "$& $1 $$"]);
  });
});
