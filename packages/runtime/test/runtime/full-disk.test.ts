// A disk that is full, for real: a small tmpfs that the test fills. Nothing accepted is lost, running attempts keep their evidence.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CofferdamError } from "../../src/model/index.ts";
import { startHarness } from "./set-up.ts";

function mountSmallDisk(directory: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "cofferdam-test", directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function fill(file: string): Promise<void> {
  await using handle = await open(file, "w");
  const block = Buffer.alloc(64 * 1024, 1);
  try {
    for (;;) await handle.write(block);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}

interface SmallDisk extends AsyncDisposable {
  readonly directory: string;
  /** Outside of it. */
  readonly pipe: string;
}

/** null, and the test is skipped, where none can be mounted. */
async function openSmallDisk(context: TestContext): Promise<SmallDisk | null> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-disk-"));
  if (!mountSmallDisk(directory)) {
    await rm(directory, { recursive: true });
    context.skip("NOT RUN: no tmpfs can be mounted here (needs root)");
    return null;
  }
  const outside = await mkdtemp(join(tmpdir(), "cofferdam-full-disk-"));
  const pipe = join(outside, "pipe");
  execFileSync("mkfifo", [pipe]);
  return {
    directory,
    pipe,
    async [Symbol.asyncDispose]() {
      execFileSync("umount", [directory]);
      await rm(directory, { recursive: true, force: true });
      await rm(outside, { recursive: true, force: true });
    },
  };
}

test("a full disk refuses new work, keeps what was accepted, and heals by itself", async (context) => {
  await using small = await openSmallDisk(context);
  if (small === null) return;
  const { directory: disk, pipe } = small;
  const harness = await startHarness({ dataDir: join(disk, "data") });
  const waiting = await harness.add("journal.until", { pipe });
  await harness.event((event) => event.kind === "attempt.started" && event.jobId === waiting);
  await harness.runtime.control.pauseLane("default", "dispatch", { reason: "the test fills the disk first", untilMs: null });
  const accepted = [await harness.add("journal.writes"), await harness.add("journal.writes")];

  await fill(join(disk, "filler"));
  const refused = await fillByJobs(harness.runtime);
  assert.ok(refused instanceof CofferdamError);
  assert.equal(refused.code, "store_full");
  assert.equal(refused.status, 503);
  await harness.event((event) => event.kind === "store.full");

  // The attempt ends while nothing can be written: its end waits for the disk.
  await writeFile(pipe, "");
  while (harness.runtime.control.workers().some(({ state }) => state === "busy")) await nextTurn();
  assert.equal((await harness.runtime.control.job(waiting)).state, "running", "its end is not on disk yet");
  await rm(join(disk, "filler"));
  const record = await harness.reaches(waiting, "succeeded");
  assert.equal(record.cause, "succeeded");
  assert.equal(await harness.runtime.control.document(waiting, "result"), '"released"');
  await harness.event((event) => event.kind === "store.recovered");
  await harness.runtime.control.resumeLane("default", "dispatch");
  for (const id of accepted) await harness.reaches(id, "succeeded");
  await harness[Symbol.asyncDispose]();
});

test("a runtime stops while the disk is full; what it could not store the next one tells", async (context) => {
  await using small = await openSmallDisk(context);
  if (small === null) return;
  const { directory: disk, pipe } = small;
  const harness = await startHarness({ dataDir: join(disk, "data"), drainTimeout: "1s" });
  // One has to be ended, one ends by itself when it is asked to.
  const jobs = [await harness.add("journal.until", { pipe }), await harness.add("journal.waits")];
  for (const job of jobs) await harness.event((event) => event.kind === "attempt.started" && event.jobId === job);
  await harness.runtime.control.pauseLane("default", "dispatch", { reason: "the test fills the disk first", untilMs: null });
  await fill(join(disk, "filler"));
  assert.ok((await fillByJobs(harness.runtime)) instanceof CofferdamError);
  await harness[Symbol.asyncDispose]();
  await rm(join(disk, "filler"));

  await using next = await startHarness({ dataDir: join(disk, "data") });
  for (const job of jobs) {
    const [attempt] = await next.runtime.control.attempts(job);
    assert.deepEqual([attempt?.verdict.cause, attempt?.next], ["lost", "retry"], "it had begun, and nobody could write down how it ended");
  }
});

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The write-ahead log may have room left: adds until it is refused. */
async function fillByJobs(runtime: { control: { enqueue(request: { type: string; input: string }): Promise<unknown> } }): Promise<unknown> {
  const input = JSON.stringify("x".repeat(500_000));
  for (let count = 0; count < 100; count += 1) {
    try {
      await runtime.control.enqueue({ type: "journal.writes", input });
    } catch (error) {
      return error;
    }
  }
  return null;
}
