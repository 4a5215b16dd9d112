import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { probeCapabilities } from "../../src/governor/index.ts";
import { NODE, programFile } from "../programs/model.ts";
import { newMarker } from "./run-case.ts";
import { CLI } from "../spawn-cli.ts";
import { findProcesses } from "./traces.ts";

/** Enough for the supervisor itself, far less than the budget of what it contains. */
const MACHINE_BYTES = 192 * 1024 * 1024;

it("a container that runs out of memory below the budget is oom-killed, not over-memory", async (t) => {
  const { cgroups, notes } = await probeCapabilities("auto");
  const parent = cgroups.v1Memory ?? (cgroups.v2Memory ? cgroups.v2 : null);
  if (parent === null) return t.skip(`no memory controller may be used here: ${notes.join("; ")}`);
  const container = join(parent, `test-container-${process.pid}`);
  mkdirSync(container);
  try {
    writeFileSync(join(container, cgroups.v1Memory === null ? "memory.max" : "memory.limit_in_bytes"), String(MACHINE_BYTES));
    await checkOomKilled(t.skip.bind(t), container);
  } finally {
    rmdirSync(container);
  }
});

async function checkOomKilled(skip: (reason: string) => void, container: string): Promise<void> {
  const marker = newMarker();
  const scratch = await mkdtemp(join(tmpdir(), "cofferdam-oom-"));
  // A shell moves into the container and becomes the supervisor.
  const supervisor = spawn(
    "/bin/sh",
    [
      "-c",
      'echo 0 > "$1/cgroup.procs"; shift; exec "$@"',
      "sh",
      container,
      NODE,
      CLI,
      "exec",
      "--json",
      "--memory",
      "2GB",
      "--",
      NODE,
      programFile("allocates-memory.mjs"),
      marker,
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, COFFERDAM_SCRATCH: scratch } },
  );
  const out = await text(supervisor.stdout);
  await rm(scratch, { recursive: true, force: true });
  const { verdict, exit, enforcement } = JSON.parse(out);
  if (enforcement.memory !== "kernel") return skip("no memory controller below an own cgroup");
  assert.equal(verdict.cause, "oom-killed", out);
  assert.equal(verdict.confidence, "certain");
  assert.match(verdict.summary, /above its own budget/);
  assert.deepEqual(exit, { code: null, signal: "SIGKILL" });
  assert.deepEqual(findProcesses(marker), []);
}
