import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { chooseSurplus, openSnapshotShelf, sweepSnapshots, type KeptSnapshot } from "../../src/supervisor/snapshot-shelf.ts";

const GIB = 1024 ** 3;
const WHOLE = '{"snapshot":{},"strings":["a"]}';

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-shelf-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const written = (name: string, text: string): Promise<void> => writeFile(join(directory, "w_1", name), text);

describe("the shelf of a worker's heap snapshot", () => {
  it("moves a whole one to its attempt", async () => {
    const shelf = openSnapshotShelf(directory, "w_1");
    assert.ok(shelf.nodeFlags.includes(`--diagnostic-dir=${join(directory, "w_1")}`));
    assert.equal(shelf.isTaken(), false);
    assert.equal(await shelf.keepFor("a_1", 0), null);
    await written("Heap.1.heapsnapshot", WHOLE);
    assert.equal(shelf.isTaken(), true);
    const file = join(directory, "a_1", "heap.heapsnapshot");
    assert.deepEqual(await shelf.keepFor("a_1", 0), { kind: "heap-snapshot", state: "finished", file, bytes: WHOLE.length });
    assert.ok(existsSync(file));
    await shelf.close();
    assert.deepEqual(await readdir(directory), ["a_1"]);
  });

  it("keeps nothing of one that was cut, and of one that is an earlier attempt's", async () => {
    const shelf = openSnapshotShelf(directory, "w_1");
    await written("Heap.1.heapsnapshot", WHOLE.slice(0, -3));
    assert.equal((await shelf.keepFor("a_1", 0))?.state, "not-finished");
    await written("Heap.1.heapsnapshot", WHOLE);
    assert.equal(await shelf.keepFor("a_2", Date.now() + 60_000), null);
    await written("Heap.1.heapsnapshot", "");
    assert.equal((await shelf.keepFor("a_3", 0))?.state, "not-finished");
    await shelf.close();
    assert.deepEqual(await readdir(directory), []);
  });

  it("says not finished when it cannot be moved", async () => {
    const shelf = openSnapshotShelf(directory, "w_1");
    await written("Heap.1.heapsnapshot", WHOLE);
    await writeFile(join(directory, "a_1"), "a file where a folder should be");
    assert.equal((await shelf.keepFor("a_1", 0))?.state, "not-finished");
  });
});

describe("a shelf on which an old snapshot cannot be removed", () => {
  it("still takes the next one, and closes", async (t) => {
    for (let number = 0; number < 10; number += 1) {
      await mkdir(join(directory, `a_old${number}`));
      const file = join(directory, `a_old${number}`, "heap.heapsnapshot");
      await writeFile(file, WHOLE);
      await utimes(file, number, number);
    }
    const oldest = join(directory, "a_old0", "heap.heapsnapshot");
    if (spawnSync("chattr", ["+i", oldest]).status !== 0) return t.skip("nothing can be made unremovable here");
    try {
      const shelf = openSnapshotShelf(directory, "w_1");
      await written("Heap.1.heapsnapshot", WHOLE);
      assert.equal((await shelf.keepFor("a_1", 0))?.state, "finished");
      await shelf.close();
      assert.ok(existsSync(oldest));
    } finally {
      spawnSync("chattr", ["-i", oldest]);
    }
  });
});

describe("snapshots that are kept", () => {
  const snapshot = (atMs: number, bytes: number): KeptSnapshot => ({ folder: `a_${atMs}`, atMs, bytes });

  it("are ten at most, and four GiB, the newest ones", () => {
    const many = Array.from({ length: 13 }, (_, at) => snapshot(at, 1));
    assert.deepEqual(
      chooseSurplus(many).map(({ atMs }) => atMs),
      [2, 1, 0],
    );
    const large = [snapshot(1, GIB), snapshot(2, 2 * GIB), snapshot(3, GIB + 1), snapshot(4, GIB)];
    assert.deepEqual(
      chooseSurplus(large).map(({ atMs }) => atMs),
      [2, 1],
    );
    assert.deepEqual(chooseSurplus([snapshot(1, 9 * GIB)]), [], "the newest one always");
  });

  it("are removed when their time is over, like what a dead worker has left", async () => {
    for (const [attemptId, seconds] of [
      ["a_old", 1000],
      ["a_new", 3000],
    ] as const) {
      await mkdir(join(directory, attemptId));
      const file = join(directory, attemptId, "heap.heapsnapshot");
      await writeFile(file, WHOLE);
      await utimes(file, seconds, seconds);
    }
    openSnapshotShelf(directory, "w_living");
    openSnapshotShelf(directory, "w_dead");
    await sweepSnapshots({ directory, beforeMs: 2_000_000, isLiving: (workerId) => workerId === "w_living" });
    assert.deepEqual((await readdir(directory)).sort(), ["a_new", "w_living"]);
    await sweepSnapshots({ directory: join(directory, "none"), beforeMs: 0, isLiving: () => false });
  });
});
