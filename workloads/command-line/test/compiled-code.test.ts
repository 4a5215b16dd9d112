import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { makeDirectory } from "../src/testing/index.ts";

const PROGRAM = join(import.meta.dirname, "shares-code.ts");

it("compiled code is kept in the directory that is named first, also by a process that is killed", async (test) => {
  const [own, given] = [await makeDirectory(test), await makeDirectory(test)];
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env;
  const first = spawnSync(process.execPath, [PROGRAM, own], { env: environment, encoding: "utf8" });
  assert.deepEqual([first.stdout, first.signal], [own, "SIGKILL"], first.stderr);
  assert.equal((await readdir(own)).length, 1);
  const second = spawnSync(process.execPath, [PROGRAM, own], { env: { ...environment, NODE_COMPILE_CACHE: given }, encoding: "utf8" });
  assert.equal(second.stdout, given, second.stderr);
  assert.equal((await readdir(given)).length, 1);
});
