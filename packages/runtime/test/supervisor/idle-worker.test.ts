// What a job leaves running in its worker is looked at while nobody uses it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { jobTypeIn, leaseOf, startWorker } from "./start-worker.ts";

const jobType = jobTypeIn("leaves-a-talker.ts");
const nothing = { onStarted: () => undefined, onProgress: () => undefined, onCheckpoint: () => Promise.resolve(), onIntent: () => Promise.resolve() };

async function untilThere(directory: string, name: string): Promise<void> {
  const end = new AbortController();
  try {
    const changes = watch(directory, { signal: end.signal });
    const next = changes.next();
    next.catch(() => undefined);
    if (existsSync(join(directory, name))) return;
    await next;
    for await (const _ of changes) if (existsSync(join(directory, name))) return;
  } finally {
    end.abort();
  }
}

for (const [what, bytes, isReplaced] of [
  ["much", 2 * 1024 * 1024, true],
  ["little", 1000, false],
] as const)
  test(`a worker in which a timer of an ended job writes ${what} is ${isReplaced ? "replaced" : "kept"}`, async () => {
    const reasons: string[] = [];
    await using open = await startWorker(jobType, { onGone: (_worker, reason) => reasons.push(reason) });
    const { worker, directory } = open;
    const said = untilThere(directory, "said");
    const [running] = worker.run(jobType, [leaseOf(jobType, "a_1", { said: join(directory, "said"), bytes })], nothing);
    assert.equal((await running?.end)?.kind, "ended");
    await said;
    worker.look();
    if (!isReplaced) return assert.ok(worker.isIdle());
    await worker.gone;
    assert.match(reasons.join(), /^it wrote \d{7} bytes while nothing ran in it$/);
  });
