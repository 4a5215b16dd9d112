// Commands from the queue that cannot be prepared or placed: a named failure, and the runtime goes on.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startHarness } from "./set-up.ts";

const DEFINE = JSON.stringify(new URL("../../src/define.ts", import.meta.url).href);

test("a command whose directory is missing, and one whose argument is not in the input, fail with the reason", async () => {
  const jobs = await mkdtemp(join(tmpdir(), "cofferdam-commands-"));
  try {
    const retry = "retry: { attempts: 1 }";
    await writeFile(
      join(jobs, "nowhere.mjs"),
      `import { defineCommand } from ${DEFINE};\nexport default defineCommand({ type: "nowhere", command: ["true"], cwd: "/nonexistent/place", ${retry} });\n`,
    );
    await writeFile(
      join(jobs, "needs.mjs"),
      `import { defineCommand } from ${DEFINE};\nexport default defineCommand({ type: "needs", command: ["echo", "{input.url}"], ${retry} });\n`,
    );
    await using harness = await startHarness({ jobs: [jobs] });
    const nowhere = await harness.reaches(await harness.add("nowhere"), "failed");
    assert.match(nowhere.summary ?? "", /working directory \/nonexistent\/place does not exist/);
    const needs = await harness.reaches(await harness.add("needs"), "failed");
    assert.match(needs.summary ?? "", /argument 1 of the command needs input\.url/);
    const fits = await harness.add("needs", { url: "a b; rm -rf /" });
    await harness.reaches(fits, "succeeded");
    let log = "";
    for await (const chunk of harness.runtime.control.logs(fits, 1, { follow: false, fromByte: 0 })) log += Buffer.from(chunk).toString("utf8");
    assert.equal(log, "a b; rm -rf /\n", "one argument, no shell");
  } finally {
    await rm(jobs, { recursive: true, force: true });
  }
});

test("a log folder that is gone fails the command, not the runtime", async () => {
  await using harness = await startHarness();
  await rm(join(harness.directory, "data", "ledger"), { recursive: true });
  const id = await harness.add("journal.command");
  await harness.event((event) => event.kind === "attempt.ended" && event.jobId === id);
  const attempt = await harness.runtime.control.attempt(id, 1);
  assert.equal(attempt.verdict.cause, "failed");
  assert.match(attempt.verdict.summary, /files could not be prepared/);
  await harness.runtime.control.cancel(id, { mode: "kill", by: "test", reason: "seen" });
});
