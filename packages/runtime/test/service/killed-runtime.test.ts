import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRuntime } from "../../src/runtime.ts";
import { endOf, startCli, waitForText } from "../spawn-cli.ts";

test("a service whose runtime was killed begins anew with the next one, where it was; what was lost is on record", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-killed-"));
  const jobs = join(import.meta.dirname, "jobs/steady.ts");
  const dataDir = join(directory, "data");
  try {
    const first = startCli(["start", jobs, "--no-http", "--data-dir", dataDir], { directory });
    await waitForText(first.stderr, /FRESH .* service steady/);
    first.kill("SIGKILL");
    assert.equal((await endOf(first)).signal, "SIGKILL");

    const running = Promise.withResolvers<void>();
    const second = await startRuntime({ dataDir, jobs: [jobs], http: false, logLevel: "silent", onEvent: (event) => event.kind === "service.running" && running.resolve() });
    try {
      await running.promise;
      const service = second.control.service("steady");
      assert.deepEqual([service.state, service.note], ["running", "start 2"]);
      const attempts = await second.control.attempts(service.record.jobId ?? "");
      assert.deepEqual(
        attempts.map(({ verdict, next }) => [verdict.cause, next]),
        [["lost", "retry"]],
      );
    } finally {
      await second.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
