import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { findJobModules, loadConfigFile, readTokenFile } from "../../src/config/index.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-config-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(directory, name), text);
const url = (name: string) => pathToFileURL(join(directory, name)).href;

describe("the config file", () => {
  it("is optional", async () => {
    assert.equal(await loadConfigFile(directory, null), null);
  });

  it("is TypeScript, JavaScript or JSON", async () => {
    await write("a.config.ts", "const port: number = 1; export default { http: { port } };");
    await write("b.config.mjs", "export default { http: { port: 2 } };");
    await write("c.config.json", '{"http":{"port":3}}');
    for (const [index, name] of ["a.config.ts", "b.config.mjs", "c.config.json"].entries()) {
      assert.deepEqual(await loadConfigFile(directory, name), { file: join(directory, name), value: { http: { port: index + 1 } } });
    }
  });

  it("is found by its name, and only when there is one", async () => {
    await write("cofferdam.config.mjs", "export default {};");
    assert.equal((await loadConfigFile(directory, null))?.file, join(directory, "cofferdam.config.mjs"));
    await write("cofferdam.config.json", "{}");
    await assert.rejects(loadConfigFile(directory, null), { code: "invalid_config", message: /cofferdam\.config\.mjs, cofferdam\.config\.json/ });
  });

  it("says where it breaks", async () => {
    await write("throws.mjs", "\n\nthrow new Error('no luck');");
    await assert.rejects(loadConfigFile(directory, "throws.mjs"), { code: "invalid_config", message: /throws\.mjs:3:\d+: no luck/ });
    await write("empty.mjs", "export const port = 1;");
    await assert.rejects(loadConfigFile(directory, "empty.mjs"), { code: "invalid_config", message: /no default export/ });
    await write("half.json", "{");
    await assert.rejects(loadConfigFile(directory, "half.json"), { code: "invalid_config", message: /half\.json: / });
    await assert.rejects(loadConfigFile(directory, "missing.ts"), { code: "invalid_config", message: /missing\.ts: there is no such config file/ });
  });
});

describe("job modules", () => {
  it("are the module files of a directory, without helpers and tests", async () => {
    for (const name of ["b.ts", "a.mjs", "c.mts", "d.js", "_shared.ts", "a.test.ts", "types.d.ts", "notes.md", ".hidden.ts"]) await write(name, "");
    await mkdir(join(directory, "nested.ts"));
    assert.deepEqual(await findJobModules([directory]), [url("a.mjs"), url("b.ts"), url("c.mts"), url("d.js")]);
  });

  it("can be named as files and URLs, each once", async () => {
    await write("_one.ts", "");
    assert.deepEqual(await findJobModules(["_one.ts", new URL(url("_one.ts")), url("_one.ts")], directory), [url("_one.ts")]);
  });

  it("must exist and be modules", async () => {
    await assert.rejects(findJobModules(["missing"], directory), { code: "invalid_config", message: /missing does not exist/ });
    await write("data.json", "{}");
    await assert.rejects(findJobModules(["data.json"], directory), { code: "invalid_config", message: /data\.json is not a module/ });
  });
});

describe("the token file", () => {
  it("has one token per line with an optional role", async () => {
    await write("tokens", "# ours\nread aaaaaaaaaaaaaaaaaaaa\n\nbbbbbbbbbbbbbbbbbbbb\r\noperate cccccccccccccccccccc\n");
    assert.deepEqual(readTokenFile(join(directory, "tokens")), [
      { role: "read", token: "aaaaaaaaaaaaaaaaaaaa" },
      { role: "admin", token: "bbbbbbbbbbbbbbbbbbbb" },
      { role: "operate", token: "cccccccccccccccccccc" },
    ]);
  });

  it("is not empty", async () => {
    await write("tokens", "\n# none\n");
    assert.throws(() => readTokenFile(join(directory, "tokens")), { code: "invalid_config", message: /holds no token/ });
  });
});
