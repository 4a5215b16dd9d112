import assert from "node:assert/strict";
import { test } from "node:test";
import { spawnSync } from "node:child_process";
import { contain, type ContainOptions } from "../../src/contain.ts";

const CIRCULAR: { self?: unknown } = {};
CIRCULAR.self = CIRCULAR;

const REFUSED: readonly (readonly [string, object, string, RegExp])[] = [
  ["an option that does not exist", { command: ["true"], budgte: {} }, "unknown_option", /budgte.*budget/],
  ["neither module nor command", {}, "invalid_option", /either a module or a command/],
  ["both", { module: "job.ts", command: ["true"] }, "invalid_option", /either a module or a command/],
  ["a directory that is not there", { command: ["true"], cwd: "/does/not/exist" }, "invalid_option", /not a directory/],
  ["a command without a program", { command: [] }, "invalid_option", /the program first/],
  ["a budget that does not exist", { command: ["true"], budget: { memry: "1GB" } }, "unknown_option", /memry.*memory/],
  ["a function as input", { module: "job.ts", input: () => 1 }, "invalid_option", /input: a function is not a JSON value/],
  ["a bigint in the input", { module: "job.ts", input: { id: 1n } }, "invalid_option", /input: this is not a JSON value: .*BigInt/],
  ["an input that contains itself", { module: "job.ts", input: CIRCULAR }, "invalid_option", /input: this is not a JSON value: .*circular/],
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

test("nothing runs after an input was refused: the caller's process can end", () => {
  const contained = JSON.stringify(new URL("../../src/contain.ts", import.meta.url).href);
  const script = `const { contain } = await import(${contained}); await contain({ module: "job.ts", input: 1n }).catch((error) => console.log(error.code));`;
  const { stdout, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 60_000 });
  assert.deepEqual([stdout.trim(), signal], ["invalid_option", null]);
});
