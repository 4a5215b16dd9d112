import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { LANES_ROW, OTHER_VARIABLES, SETTING_LIST } from "../../src/config/index.ts";

const page = await readFile(new URL("../../../../docs/reference/config.md", import.meta.url), "utf8");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
const code = (text: string | null) => (text === null ? "" : `\`${text}\``);

it("docs/reference/config.md has exactly the rows of the table", () => {
  const written = page.split("\n").filter((line) => line.startsWith("| `") && cells(line).length === 5);
  const expected = [...SETTING_LIST, LANES_ROW].map((row) => [code(row.key), row.fallbackText, code(row.variable), code(row.flag), row.description].join(" | "));
  assert.deepEqual(written.map((line) => cells(line).join(" | ")).sort(), expected.sort());
});

it("docs/reference/config.md has exactly the other variables", () => {
  const written = page.split("\n").filter((line) => line.startsWith("| `COFFERDAM") && cells(line).length === 2);
  assert.deepEqual(
    written.map((line) => cells(line).join(" | ")).sort(),
    Object.entries(OTHER_VARIABLES)
      .map(([name, meaning]) => `\`${name}\` | ${meaning}`)
      .sort(),
  );
});
