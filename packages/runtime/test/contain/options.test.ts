import assert from "node:assert/strict";
import { test } from "node:test";
import { contain, type ContainOptions } from "../../src/contain.ts";

const REFUSED: readonly (readonly [string, object, string, RegExp])[] = [
  ["an option that does not exist", { command: ["true"], budgte: {} }, "unknown_option", /budgte.*budget/],
  ["neither module nor command", {}, "invalid_option", /either a module or a command/],
  ["both", { module: "job.ts", command: ["true"] }, "invalid_option", /either a module or a command/],
  ["a directory that is not there", { command: ["true"], cwd: "/does/not/exist" }, "invalid_option", /not a directory/],
  ["a command without a program", { command: [] }, "invalid_option", /the program first/],
  ["a budget that does not exist", { command: ["true"], budget: { memry: "1GB" } }, "unknown_option", /memry.*memory/],
  ["a blocked loop of a program that has none we know", { command: ["true"], budget: { block: "1s" } }, "invalid_option", /budget\.block: only Node job modules/],
];

for (const [title, options, code, message] of REFUSED) {
  test(`contain refuses ${title}`, async () => {
    await assert.rejects(contain(options as ContainOptions), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  });
}
