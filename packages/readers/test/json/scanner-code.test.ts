import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { compileScanner } from "../../wasm/compile.ts";

it("the scanner's code in src is what wasm/scan.ts compiles to (node packages/readers/wasm/build.ts)", async () => {
  const written = readFileSync(join(import.meta.dirname, "../../src/json/scanner-code.ts"), "utf8");
  // The formatter may break lines elsewhere.
  const codeOf = (text: string): string => [...text.matchAll(/"([^"]*)"/g)].map((found) => found[1]).join("");
  assert.equal(codeOf(written), codeOf(await compileScanner()));
});
