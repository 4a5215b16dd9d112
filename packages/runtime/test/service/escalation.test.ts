import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../spawn-cli.ts";

test("cofferdam start drains and exits with 90 when a service cannot be kept alive", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-escalation-"));
  try {
    const { code, err } = await runCli(["start", join(import.meta.dirname, "jobs/exits-at-once.ts"), "--port", "0"], { directory });
    assert.equal(code, 90, err);
    assert.match(err, /RESTART \[.*\] service exits-at-once failed /);
    assert.match(err, /ESCALATE \[.*\] service exits-at-once 2 restarts within 10 min did not help.*-> the runtime ends/);
    assert.match(err, /STOP .*every tree is empty/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
