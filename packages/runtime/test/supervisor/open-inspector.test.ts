// The address of an inspector, in a log that a job writes, too.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readStat } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { INSPECTABLE_FLAGS, openInspector } from "../../src/supervisor/capture-stack.ts";

/** Bytes that the job had logged when the address came; the second one cuts the address between two pieces. */
for (const bytes of [50_000, 65_536 - 40, 300_000])
  test(`the address is found behind ${bytes} bytes of the job's own, and found again`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "cofferdam-inspector-"));
    const file = join(directory, "worker.log");
    await writeFile(file, `${"the job says something\n".repeat(20_000).slice(0, bytes - 1)}\n`);
    await using log = await open(file, "a");
    const child = spawn(process.execPath, [...INSPECTABLE_FLAGS, "-e", "process.stdin.resume(); console.log('up')"], { stdio: ["pipe", "pipe", log.fd] });
    try {
      assert.ok(child.stdout !== null);
      await once(child.stdout, "data");
      const program = readStat(child.pid ?? 0);
      assert.ok(program !== null);
      const first = await openInspector(program, { file, from: 0 }, systemClock);
      assert.match(first.url ?? "nowhere", /^ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36}$/);
      assert.deepEqual(await openInspector(program, { file, from: 0 }, systemClock), first);
    } finally {
      child.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    }
  });
