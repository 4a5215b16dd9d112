// A runtime that is killed while an attempt runs: the next start names the cause, keeps the evidence, and reports the sweep.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { RuntimeEvent } from "../../src/model/index.ts";
import { firstSample } from "./first-sample.ts";
import { JOURNAL_JOBS, startHarness } from "./set-up.ts";

test("an attempt whose runtime was killed is lost, with its log and its checkpoint; what had not begun costs nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-lost-"));
  const file = join(directory, "journal.ndjson");
  const host = spawn(process.execPath, [join(import.meta.dirname, "lost-host.ts"), join(directory, "data"), JOURNAL_JOBS, file], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: host.stdout });
    const [started] = (await once(lines, "line")) as [string];
    const { running, waiting } = JSON.parse(started) as { running: string; waiting: string };
    host.kill("SIGKILL");
    await once(host, "exit");

    await using harness = await startHarness({ dataDir: join(directory, "data"), lanes: { default: { concurrency: 1 } } });
    const attempt = await harness.runtime.control.attempt(running, 1);
    assert.equal(attempt.verdict.cause, "lost");
    assert.match(attempt.verdict.summary, /runtime|supervisor/i);
    assert.ok(
      attempt.verdict.evidence.some((fact) => String(fact.value).includes("a last line before the end")),
      JSON.stringify(attempt.verdict.evidence),
    );
    const record = await harness.runtime.control.job(running);
    assert.equal(record.deaths, 1);
    assert.equal(record.hasCheckpoint, true);
    assert.equal((await harness.runtime.control.job(waiting)).deaths, 0);
    await harness.runtime.control.cancel(running, { mode: "kill", by: "test", reason: "seen enough" });
    await harness.reaches(running, "cancelled");
    await harness.reaches(waiting, "succeeded");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a command whose runtime was killed is lost like a module: the death counts, with an incident", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-lost-"));
  const dataDir = join(directory, "data");
  const host = spawn(process.execPath, [join(import.meta.dirname, "lost-host.ts"), dataDir, JOURNAL_JOBS, join(directory, "journal.ndjson"), "journal.speaks-command"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [started] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
    const { running } = JSON.parse(started) as { running: string };
    host.kill("SIGKILL");
    await once(host, "exit");

    const recovery: RuntimeEvent[] = [];
    await using harness = await startHarness({ dataDir, onEvent: (event) => recovery.push(event), lanes: { default: { concurrency: 1 } } });
    const attempt = await harness.runtime.control.attempt(running, 1);
    assert.equal(attempt.verdict.cause, "lost");
    assert.ok(
      attempt.verdict.evidence.some((fact) => String(fact.value).includes("a last line before the end")),
      JSON.stringify(attempt.verdict.evidence),
    );
    assert.equal((await harness.runtime.control.job(running)).deaths, 1);
    assert.ok(recovery.some((event) => event.kind === "incident.opened" && event.attemptId === attempt.id));
    await harness.runtime.control.cancel(running, { mode: "kill", by: "test", reason: "seen enough" });
    await harness.reaches(running, "cancelled");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a killed runtime's death is explained at the next start: the flight record on disk, the machine then and now, an incident", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-lost-"));
  const dataDir = join(directory, "data");
  const host = spawn(process.execPath, [join(import.meta.dirname, "lost-host.ts"), dataDir, JOURNAL_JOBS, join(directory, "journal.ndjson")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [started] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
    const { running } = JSON.parse(started) as { running: string };
    const recorded = await firstSample(join(dataDir, "flight"));
    host.kill("SIGKILL");
    await once(host, "exit");

    const recovery: RuntimeEvent[] = [];
    await using harness = await startHarness({ dataDir, onEvent: (event) => recovery.push(event), release: "r7", lanes: { default: { concurrency: 1 } } });
    const attempt = await harness.runtime.control.attempt(running, 1);
    assert.equal(attempt.verdict.cause, "lost");
    assert.equal(attempt.autopsy?.curveSource, "flight file");
    assert.ok((attempt.autopsy?.curve.length ?? 0) >= 1);
    assert.equal(attempt.id, recorded);
    assert.ok(attempt.usage.memoryPeakBytes > 1_000_000, String(attempt.usage.memoryPeakBytes));
    assert.equal(attempt.autopsy?.input?.bytes, Buffer.byteLength(JSON.stringify({ file: join(directory, "journal.ndjson") })));
    assert.ok(attempt.autopsy?.machineAfter !== null);
    assert.equal(attempt.autopsy?.release, null, "the release is the one that ran, not the one that found it");
    const flight = await harness.runtime.control.flight(running, 1);
    assert.deepEqual(flight.samples, attempt.autopsy?.curve);
    assert.ok(recovery.some((event) => event.kind === "incident.opened" && event.attemptId === attempt.id));
    await harness.runtime.control.cancel(running, { mode: "kill", by: "test", reason: "seen enough" });
    await harness.reaches(running, "cancelled");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
