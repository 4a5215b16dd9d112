import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { removeTree, removeTreeSync } from "../../src/governor/index.ts";

const NOBODY = 65_534;

describe("removing a directory that a program has made read-only", () => {
  let directory = "";
  let path = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "cofferdam-remove-"));
    path = join(directory, "scratch");
    mkdirSync(join(path, "module", "cache"), { recursive: true });
    writeFileSync(join(path, "module", "cache", "file"), "");
    // Root may remove anything: here it is somebody without that right.
    if (process.getuid?.() === 0) {
      for (const each of [directory, path, join(path, "module"), join(path, "module", "cache"), join(path, "module", "cache", "file")]) chownSync(each, NOBODY, NOBODY);
      process.seteuid?.(NOBODY);
    }
    chmodSync(join(path, "module", "cache"), 0o555);
    chmodSync(join(path, "module"), 0o500);
    assert.throws(() => rmSync(path, { recursive: true }), "it cannot simply be removed");
  });
  afterEach(() => {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    rmSync(directory, { recursive: true, force: true });
  });

  it("removes it", async () => {
    assert.equal(await removeTree(path), null);
    assert.ok(!existsSync(path));
  });

  it("removes it at once", () => {
    assert.equal(removeTreeSync(path), null);
    assert.ok(!existsSync(path));
  });

  it("answers why when it may not, and changes nothing of others", async () => {
    chmodSync(directory, 0o555);
    const why = await removeTree(path);
    assert.ok(why instanceof Error && "code" in why && why.code === "EACCES", String(why));
    assert.ok(existsSync(path));
    chmodSync(directory, 0o700);
  });

  it("has nothing to say about what is not there", async () => {
    assert.equal(await removeTree(join(directory, "none")), null);
  });
});
