// A start or a stop that fails in the middle leaves nothing behind: no process, no port, no lock.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { RuntimeEvent } from "../../src/model/index.ts";
import { startRuntime } from "../../src/runtime.ts";
import { JOURNAL_JOBS } from "./set-up.ts";

async function setUp(context: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-failed-start-"));
  context.after(() => rm(directory, { recursive: true }));
  const dataDir = join(directory, "data");
  const start = (port: number, onEvent: (event: RuntimeEvent) => void = () => undefined) =>
    startRuntime({ dataDir, jobs: [JOURNAL_JOBS], http: { port }, logLevel: "silent", onEvent });
  return { dataDir, start };
}

test("a start that fails late leaves no worker, no API and no lock", async (context) => {
  const { dataDir, start } = await setUp(context);
  const first = await start(0);
  const port = Number(new URL(first.url ?? "").port);
  await first.stop();
  change(dataDir, "INSERT INTO services (name, record) VALUES ('broken', 'no JSON')");
  const events: RuntimeEvent[] = [];
  await assert.rejects(start(port, (event) => void events.push(event)));
  const workers = (kind: "worker.started" | "worker.ended") => events.flatMap((event) => (event.kind === kind ? event.workerId : [])).toSorted();
  assert.notDeepEqual(workers("worker.started"), []);
  assert.deepEqual(workers("worker.ended"), workers("worker.started"));
  await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`));
  change(dataDir, "DELETE FROM services");
  const again = await start(port);
  await again.stop();
});

test("a runtime whose address cannot be noted runs; one whose note cannot be removed stops all the same", async (context) => {
  const { dataDir, start } = await setUp(context);
  await mkdir(join(dataDir, "server.json", "in-the-way"), { recursive: true });
  const runtime = await start(0);
  assert.equal((await fetch(`${runtime.url}/livez`)).status, 200);
  await runtime.stop();
  await assert.rejects(fetch(`${runtime.url}/livez`));
  const again = await start(0);
  await again.stop();
});

function change(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, "cofferdam.db"));
  database.exec(sql);
  database.close();
}
