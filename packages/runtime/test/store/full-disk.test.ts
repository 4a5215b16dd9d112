import { test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store, StoreEvent } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

const NOW_MS = 1_790_000_000_000;
const LARGE_INPUT = JSON.stringify("x".repeat(50_000));

function idOf(number: number): string {
  return `j_${String(number).padStart(32, "0")}`;
}

/** Adds jobs until one is refused; returns how many were accepted. */
async function fillUp(store: Store): Promise<number> {
  for (let number = 0; number < 10_000; number += 1) {
    const refused = await store.enqueue([makeJob({ id: idOf(number), input: LARGE_INPUT })]).then(
      () => null,
      (error: unknown) => error,
    );
    if (refused === null) continue;
    assert.ok(refused instanceof Error && "code" in refused && "retryAfterSeconds" in refused);
    assert.deepEqual([refused.code, refused.retryAfterSeconds], ["store_full", 5]);
    return number;
  }
  throw new Error("the disk never became full");
}

test("a full database refuses new work, loses nothing, and goes on when there is room", async (context) => {
  const events: StoreEvent[] = [];
  const store = await openAt(await makeDirectory(context), { pagesMax: 400, onEvent: (event) => events.push(event) });
  const accepted = await fillUp(store);
  assert.ok(accepted > 12);
  assert.deepEqual(
    events.map((event) => event.kind),
    ["store.full"],
  );
  assert.equal(await store.countJobs({}, 100_000), accepted, "what was accepted is there, what was refused is not");
  assert.deepEqual([(await store.health()).writable, events.length], [false, 1], "room for a little is not yet room to go on");

  // What makes room shares its commit with what does not fit.
  const [large] = await Promise.allSettled([
    store.enqueue(Array.from({ length: 20 }, (_, index) => makeJob({ id: `j_large_${index}`, input: LARGE_INPUT }))),
    ...Array.from({ length: 6 }, (_, number) => store.remove(idOf(number))),
  ]);
  assert.equal(large?.status, "rejected");
  assert.equal(await store.countJobs({}, 100_000), accepted - 6, "the removals were done, and of the large call nothing");
  for (let number = 6; number < 12; number += 1) await store.remove(idOf(number));
  await store.enqueue([makeJob({ id: "j_after", input: LARGE_INPUT })]);
  assert.deepEqual(
    events.map((event) => event.kind),
    ["store.full", "store.recovered"],
  );
  assert.equal((await store.health()).writable, true);
  await store.close();
});

test("a file system that is full: the same, and running attempts can still end", async (context) => {
  const directory = await makeDirectory(context);
  const mountPoint = join(directory, "mount");
  await mkdir(mountPoint);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", mountPoint]).status !== 0) {
    context.skip("SKIPPED: this machine does not let us mount a small tmpfs; the case with SQLite's own page limit ran");
    return;
  }
  try {
    const ballast = join(mountPoint, "ballast");
    await writeFile(ballast, Buffer.alloc(2_000_000));
    const events: StoreEvent[] = [];
    const store = await openAt(join(mountPoint, "data"), { onEvent: (event) => events.push(event) });
    await store.enqueue([makeJob({ id: "j_running", lane: "own" })]);
    const [lease] = await store.claim({ lane: "own", limit: 1, perType: new Map(), nowMs: NOW_MS, owner: "r_1" });
    assert.ok(lease !== undefined);
    const accepted = await fillUp(store);
    assert.equal(await store.countJobs({ lane: "default" }, 100_000), accepted);
    assert.equal(events[0]?.kind, "store.full");
    assert.equal((await store.job("j_running"))?.state, "running");

    await rm(ballast);
    assert.deepEqual(await store.settle([makeSettlement(lease, { kind: "complete" }, NOW_MS + 5)]), [{ next: { kind: "complete" }, incident: null }]);
    await store.enqueue([makeJob({ id: "j_after", input: LARGE_INPUT })]);
    assert.equal(events.at(-1)?.kind, "store.recovered");
    await store.close();

    const again = await openAt(join(mountPoint, "data"));
    assert.equal(await again.countJobs({ text: "j_" }, 100_000), accepted + 2);
    await again.close();
  } finally {
    spawnSync("umount", [mountPoint]);
  }
});
