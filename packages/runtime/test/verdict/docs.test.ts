import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CAUSES } from "../../src/model/index.ts";

test("docs/verdicts.md has one section for each cause, and none for anything else", async () => {
  const page = await readFile(new URL("../../../../docs/verdicts.md", import.meta.url), "utf8");
  const sections = page.split(/^## /m).slice(1);
  assert.deepEqual(
    sections.map((section) => section.split("\n", 1)[0]),
    [...CAUSES],
  );
  for (const section of sections)
    for (const part of ["**Means:**", "**Evidence:**", "**Counts as:**", "**What to do:**"]) assert.ok(section.includes(part), `${section.split("\n", 1)[0]} says ${part}`);
});
