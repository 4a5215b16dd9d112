import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as readers from "../src/index.ts";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** First cells of the rows below this heading, as code. */
function rowsBelow(heading: string): string[][] {
  const [, after = ""] = README.split(`## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  return [...section.matchAll(/^\| `(.*)\|$/gm)].map(([row]) => row.split(" | ").map((cell) => cell.replaceAll(/[|`"]/g, "").trim()));
}

describe("the README", () => {
  it("has every error code, and none that is not", () => {
    const documented = rowsBelow("Errors");
    assert.deepEqual(documented.map(([code]) => code).sort(), [...readers.READER_ERROR_CODES].sort());
    for (const [code, permanent] of documented) {
      if (!isCode(code)) throw new Error(`${code} is no code`);
      assert.equal(new readers.ReaderError(code, "", { line: 1, column: 0, byte: 0, path: "" }).permanent, permanent === "yes", code);
    }
  });

  it("has the limits of JSON as they are", () => {
    const rows = new Map(rowsBelow("JSON").map(([name, value]) => [name, value]));
    for (const [name, value] of Object.entries(readers.DEFAULT_JSON_LIMITS)) assert.equal(rows.get(name), value >= 1024 ** 2 ? `${value / 1024 ** 2} MiB` : String(value), name);
  });

  it("names every function that is exported", () => {
    for (const [name, value] of Object.entries(readers)) if (typeof value === "function") assert.ok(README.includes(name), name);
  });
});

function isCode(code: string | undefined): code is readers.ReaderErrorCode {
  return code !== undefined && readers.READER_ERROR_CODES.includes(code);
}
