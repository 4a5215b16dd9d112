// The reader's thread lives while somebody reads.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import type { Worker } from "node:worker_threads";
import { silentLogger, systemClock, type Clock } from "../../src/platform/index.ts";
import { createReaderClient, READER_IDLE_MS } from "../../src/store/reader-client.ts";
import { spawnThread } from "../../src/store/thread/spawn.ts";
import { makeDirectory, openAt } from "./open-store.ts";

async function scene(context: TestContext) {
  const dataDir = await makeDirectory(context);
  await openAt(dataDir);
  const started: Worker[] = [];
  const timers: { readonly delayMs: number; readonly action: () => void }[] = [];
  const clock: Clock = {
    ...systemClock,
    after(delayMs, action) {
      const timer = { delayMs, action };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
  };
  const reader = createReaderClient(
    () => {
      const worker = spawnThread("reader", { dataDir });
      started.push(worker);
      return worker;
    },
    { clock, logger: silentLogger },
  );
  context.after(() => reader.close());
  return { reader, started, timers };
}

test("the reader starts with the first query, is let go when nobody has asked for a minute, and starts again", async (t) => {
  const { reader, started, timers } = await scene(t);
  assert.equal(started.length, 0);
  const sizes = await Promise.all([reader.ask({ kind: "sizeBytes" }), reader.ask({ kind: "sizeBytes" })]);
  assert.ok(sizes[0] > 0 && sizes[0] === sizes[1]);
  assert.equal(started.length, 1);
  assert.deepEqual(
    timers.map(({ delayMs }) => delayMs),
    [READER_IDLE_MS],
  );
  const ended = started[0] === undefined ? null : once(started[0], "exit");
  timers[0]?.action();
  assert.deepEqual(await reader.ask({ kind: "jobs", filter: {}, page: { limit: 5, cursor: null } }), { items: [], nextCursor: null });
  assert.equal(started.length, 2);
  assert.deepEqual(await ended, [0]);
});

test("what was asked of a reader that dies does not wait for ever, and the next query starts another one", async (t) => {
  const { reader, started } = await scene(t);
  await reader.ask({ kind: "sizeBytes" });
  const [first] = started;
  assert.ok(first !== undefined);
  const asked = reader.ask({ kind: "sizeBytes" }).then(
    () => "answered",
    (error: { code?: string }) => error.code,
  );
  await first.terminate();
  assert.match(String(await asked), /^(answered|store_closed|store_failed)$/);
  assert.ok((await reader.ask({ kind: "sizeBytes" })) > 0);
  assert.equal(started.length, 2);
});

test("a closed reader refuses, and has no thread left", async (t) => {
  const { reader, started } = await scene(t);
  await reader.ask({ kind: "sizeBytes" });
  const ended = started[0] === undefined ? null : once(started[0], "exit");
  await reader.close();
  assert.deepEqual(await ended, [0]);
  await assert.rejects(reader.ask({ kind: "sizeBytes" }), { code: "store_closed" });
});
