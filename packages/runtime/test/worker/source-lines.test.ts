// Whose lines people are shown: those of the sources that they wrote, also where what runs was compiled.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { contain } from "../../src/contain.ts";
import { defineApp, defineCommand, defineJob, defineService } from "../../src/define.ts";

const SOURCE = `interface Nothing { readonly none: true }
export type Input = Nothing | null;

export default function fails(): void {
  throw new Error("on line five");
}
`;

test("a compiled job module that throws is shown with the line of its source", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-source-lines-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const written = join(directory, "written.ts");
  await writeFile(written, SOURCE);
  const compiled = join(directory, "compiled.mjs");
  await build({ entryPoints: [written], outfile: compiled, format: "esm", sourcemap: true, minify: true });
  const outcome = await contain({ module: compiled });
  assert.equal(outcome.verdict.cause, "failed");
  assert.match(outcome.evidence.report?.kind === "threw" ? (outcome.evidence.report.error.stack ?? "") : "", /written\.ts:5:/);
});

test("a definition knows the line that made it", () => {
  const definitions = [defineJob({ type: "a", run: () => undefined }), defineCommand({ type: "b", command: ["true"] })];
  const others = [defineService({ name: "c", freshness: "1s", run: () => undefined }), defineApp({ name: "d" })];
  const places = [...definitions, ...others].map(({ definedAt }) => definedAt.replace(/^.*\//, "").split(":").slice(0, 2).join(":"));
  const first = Number(places[0]?.split(":")[1]);
  assert.deepEqual(
    places,
    [first, first, first + 1, first + 1].map((line) => `source-lines.test.ts:${line}`),
  );
});
