// A memory cgroup with a real limit plays the container: the kernel ends the runtime in it, everything in the container dies with it, and the next start explains the death.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import { it } from "node:test";
import { probeCapabilities } from "../../src/governor/index.ts";
import { NODE } from "../programs/model.ts";
import { firstSample } from "./first-sample.ts";
import { JOURNAL_JOBS, startHarness } from "./set-up.ts";

/** Enough for a runtime with its workers, and filled within a moment. */
const CONTAINER_BYTES = 640 * 1024 * 1024;

it("a container that is killed for its memory is explained at the next start", async (t) => {
  const { cgroups, notes } = await probeCapabilities("auto");
  const parent = cgroups.v1Memory ?? (cgroups.v2Memory ? cgroups.v2 : null);
  if (parent === null) return t.skip(`NOT TESTED HERE: no memory controller may be used: ${notes.join("; ")}`);
  const container = join(parent, `test-container-${process.pid}`);
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-container-"));
  mkdirSync(container);
  try {
    writeFileSync(join(container, cgroups.v1Memory === null ? "memory.max" : "memory.limit_in_bytes"), String(CONTAINER_BYTES));
    // Version 2 kills the group as one, as Kubernetes has it; in version 1 the kernel takes the runtime, and everything else goes with it.
    if (cgroups.v1Memory === null) writeFileSync(join(container, "memory.oom.group"), "1");
    await dieInContainer(container, directory);
    await explain(directory);
  } finally {
    await removeAll(container);
    await rm(directory, { recursive: true, force: true });
  }
});

async function dieInContainer(container: string, directory: string): Promise<void> {
  const script = 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"';
  const host = spawn(
    "/bin/sh",
    ["-c", script, "sh", container, NODE, join(import.meta.dirname, "oom-host.ts"), join(directory, "data"), JOURNAL_JOBS, join(directory, "journal.ndjson")],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, COFFERDAM_SCRATCH: join(directory, "scratch") },
    },
  );
  const exit = once(host, "exit");
  await once(createInterface({ input: host.stdout }), "line");
  await firstSample(join(directory, "data", "flight"));
  host.stdin.write("fill\n");
  assert.deepEqual(await exit, [null, "SIGKILL"]);
  const counters = ["memory.oom_control", "memory.events"].map((name) => readOrEmpty(join(container, name))).join("\n");
  assert.match(counters, /^oom_kill [1-9]/m, "it was the kernel, for memory");
}

async function explain(directory: string): Promise<void> {
  await using harness = await startHarness({ dataDir: join(directory, "data"), lanes: { default: { concurrency: 1 } } });
  const { control } = harness.runtime;
  const { items } = await control.incidents({ cause: "lost" }, { limit: 10, cursor: null });
  assert.equal(items.length, 1);
  const report = await control.incidentReport(items[0]?.id ?? "");
  assert.equal(report.cause.cause, "lost", "never a guess: who was killed is not known from the counters of a machine");
  const memory = report.cause.hypotheses.find(({ cause }) => cause === "memory-exhaustion");
  assert.ok(memory?.confidence === "likely" || memory?.confidence === "proven", JSON.stringify(memory));
  assert.ok(
    memory.for.some(({ value, source }) => Number(value) >= 1 && /oom_kill|oom_group_kill/.test(source)),
    JSON.stringify(memory.for),
  );
  assert.ok(report.supporting.curve.length > 0, "what was recorded before the death is there");
  const jobId = items[0]?.lastJobId ?? "";
  await control.cancel(jobId, { mode: "kill", by: "test", reason: "seen enough" });
  await harness.reaches(jobId, "cancelled");
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The kernel holds a cgroup until the last of its dead is reaped. */
async function removeAll(cgroup: string): Promise<void> {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) if (entry.isDirectory()) await removeAll(join(cgroup, entry.name));
  for (let turn = 0; ; turn += 1) {
    try {
      rmdirSync(cgroup);
      return;
    } catch (error) {
      if (turn > 1_000_000) throw error;
      await nextTurn();
    }
  }
}
