import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BEAT_FILE, parseBeat } from "../../src/wire/index.ts";
import { createHeart } from "../../src/worker/heart.ts";

test("beats where the host looks; says so when it cannot", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-heart-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const scratch = join(directory, "tmp");
  await mkdir(scratch);
  const beat = createHeart(scratch);
  for (const atMs of [1_790_000_000_000, 1_790_000_000_250]) {
    assert.equal(beat(atMs), true);
    assert.equal(parseBeat(await readFile(join(directory, BEAT_FILE), "utf8")), atMs);
  }
  await rm(join(directory, BEAT_FILE));
  assert.equal(beat(1_790_000_000_500), false, "the file was removed");
  assert.equal(createHeart(join(directory, "nowhere", "tmp"))(1_790_000_000_750), false, "it cannot be made");
  assert.equal(createHeart(undefined)(1_790_000_000_750), false);
  assert.equal(parseBeat(null), null);
  assert.equal(parseBeat(""), null);
});
