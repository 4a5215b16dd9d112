// The packages as they ship: what is built is what the sources say, and only that is packed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const runtime = join(root, "packages", "runtime");

test("the built door exports what the source does, and its error class is the one that the host throws", async () => {
  const source: object = await import(join(runtime, "src", "index.ts"));
  const built = (await import(join(runtime, "dist", "index.js"))) as typeof import("../packages/runtime/src/index.ts");
  assert.deepEqual(Object.keys(built).sort(), Object.keys(source).sort());
  await assert.rejects(built.contain({}), (error) => error instanceof built.CofferdamError && error.code === "invalid_option");
});

test("what every worker loads names no source map: it would be parsed at every start", () => {
  for (const file of ["index.js", "worker/main.js", "model/errors.js"]) assert.doesNotMatch(readFileSync(join(runtime, "dist", file), "utf8"), /sourceMappingURL/, file);
});

test("only what a user needs is packed", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: runtime, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as
    | readonly { files: readonly { path: string }[] }[]
    | Record<string, { files: readonly { path: string }[] }>;
  const [only] = Object.values(packed);
  const files = only?.files.map(({ path }) => path) ?? [];
  assert.ok(files.includes("dist/index.js") && files.includes("dist/cli/main.js") && files.includes("dist/worker/main.js") && files.includes("README.md"));
  assert.deepEqual(
    files.filter((path) => !/^(dist\/.+\.(js|d\.ts|js\.map)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path)),
    [],
  );
});

test("the runtime brings no install scripts and at most 45 packages", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; optional?: boolean; dependencies?: Record<string, string>; link?: boolean }>;
  };
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    const entry = lock.packages[`node_modules/${name}`];
    assert.ok(entry !== undefined, name);
    assert.notEqual(entry.hasInstallScript, true, name);
    for (const dependency of Object.keys(entry.dependencies ?? {})) visit(dependency);
  };
  for (const name of Object.keys(lock.packages["packages/runtime"]?.dependencies ?? {})) visit(name);
  assert.ok(reached.size <= 45, `${reached.size} packages`);
});
