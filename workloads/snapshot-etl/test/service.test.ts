// The service on a real runtime: workers that die, hang and are killed, and what becomes of their snapshots.
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { onEachDatabase, takeLock } from "workload-database/testing";
import { call, etlErrors, makeScene, snapshotOf, type Scene } from "./scene.ts";
import { systemClock } from "../src/clock.ts";
import { createIngest } from "../src/ingest/ingest.ts";
import { openSnapshots } from "../src/database/open.ts";
import { startService, type Service } from "../src/service.ts";
import { readSettings } from "../src/settings.ts";
import { silentLog } from "../src/watch/log.ts";
import { TYPES } from "../src/work-types.ts";
import { cleaning, dumpRows, inChunks, makeBench, makeText } from "./workbench.ts";
import { join } from "node:path";
import { cleanUp, makeDirectory, signalTree } from "workload-command-line/testing";

onEachDatabase("the service", (fresh) => {
  it("rule 15: the first death of memory quarantines, then succeeds once in the high-memory lane; others go on", async (test) => {
    const scene = await makeScene(test, { DB_PATH: await fresh(cleaning(test)), PROCESS_BALLAST_MB: "1:300", HIGHMEM_MEMORY_MB: "600" });
    const heavy = await scene.ingest(makeText({ n: 1 }));
    const light = await scene.ingest(makeText({ n: 2 }));
    await Promise.all([scene.service.untilDone(heavy), scene.service.untilDone(light)]);
    assert.deepEqual([(await snapshotOf(scene, heavy)).result, (await snapshotOf(scene, light)).result], ["success", "success"]);
    const ends = scene.events.flatMap((event) => (event.kind === "attempt.ended" ? [`${event.type} ${event.cause}`] : []));
    const deaths = ends.filter((end) => !end.endsWith("succeeded"));
    assert.equal(deaths.length, 1, ends.join());
    assert.match(deaths[0] ?? "", /^process_snapshot (over-memory|out-of-heap|oom-killed)$/);
    assert.equal(ends.filter((end) => end === "process_snapshot_highmem succeeded").length, 1);
    assert.deepEqual(await etlErrors(scene, heavy), ["1 OOM 0"]);
    const held = await scene.service.database.read.selectFrom("snapshot_quarantine").select(["snapshot_id", "reason", "error_type", "released_at"]).execute();
    assert.deepEqual(held, [{ snapshot_id: heavy, reason: "Quarantined: out of memory", error_type: "OOM", released_at: null }]);
    assert.ok(scene.service.alerts.active().some(({ name }) => name === "quarantined"));
    // It stays out of the normal lane until it is released: to reprocess it is to use the high-memory lane.
    await scene.service.operations.reprocess(heavy, "normal", "test");
    await scene.service.untilDone(heavy);
    assert.equal(scene.events.filter((event) => event.kind === "attempt.started" && event.type === "process_snapshot_highmem").length, 2);
  });

  it("rules 4 and 13: a worker killed while it holds a claim: released, processed once, the same rows", async (test) => {
    const killed = new Set<string>();
    let worker = 0;
    // So many batches that the signal arrives long before the last one.
    const scene = await makeScene(test, { DB_PATH: await fresh(cleaning(test)), ETL_BATCH_SIZE: "20" }, (event) => {
      if (event.kind === "attempt.started") worker = event.pid;
      if (event.kind !== "attempt.progress" || event.note === null || !/troops/.test(event.note) || killed.size > 0) return;
      killed.add(event.attemptId);
      signalTree(worker, "SIGKILL");
    });
    const text = makeText({ size: "large" });
    const id = await scene.ingest(text);
    await scene.service.untilDone(id);
    const row = await snapshotOf(scene, id);
    assert.deepEqual([row.result, row.attempts, row.processing, row.error_count], ["success", 2, 0, 1]);
    assert.equal(killed.size, 1);
    assert.deepEqual(await etlErrors(scene, id), ["1 CRASH 0"]);
    const undisturbed = await makeBench(test, await fresh(cleaning(test)));
    await undisturbed.take(text);
    assert.deepEqual(await dumpRows(scene.service.database), await dumpRows(undisturbed.database));
  });
});

describe("the service (SQLite)", () => {
  it("rule 19: an archive that is not what was received raises an alert, and the snapshot stays", async (test) => {
    const scene = await makeScene(test, { RETENTION_DAYS: "0", RETENTION_PER_USER: "0" });
    const id = await scene.ingest(makeText());
    await scene.service.untilDone(id);
    await scene.service.database.write((transaction) =>
      transaction
        .updateTable("snapshot_pieces")
        .set({ bytes: Buffer.from("{}") })
        .execute(),
    );
    const { id: job } = await scene.service.runtime.control.enqueue({ type: TYPES.archive, input: "null" });
    await scene.event((event) => event.kind === "job.settled" && event.jobId === job && event.state === "failed");
    // The service asks what happened before it says so: who asks after it hears after it.
    await scene.service.runtime.control.job(job);
    await nextTurn();
    const alert = scene.service.alerts.active().find(({ name }) => name === "archive_failed");
    assert.match(alert?.message ?? "", /snapshot 1 does not have its checksum/);
    assert.equal((await snapshotOf(scene, id)).result, "success");
  });

  it("rule 1: a sweep leaves alone what a command beside the server is storing, and drops what nobody went on with for an hour", async (test) => {
    const scene = await makeScene(test, { SWEEP_SECONDS: "1000" });
    const { database, settings } = scene.service;
    const text = makeText({ size: "large" });
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* inChunks(text.slice(0, 1_000_000));
      await scene.service.sweep();
      yield* inChunks(text.slice(1_000_000));
    }
    const command = createIngest({ database, settings, clock: systemClock, node: "command", queue: async () => ({ depth: 0, perSecond: 1 }), stored: async () => undefined });
    await command.accept({ body: body(), about: () => ({ source: "cli", namecode: null, priority: "normal" }), idempotencyKey: null, correlationId: null });
    const pieces = await database.read.selectFrom("snapshot_pieces").select("bytes").orderBy("piece").execute();
    assert.equal(Buffer.concat(pieces.map(({ bytes }) => bytes)).toString("utf8"), text);

    const begun = (upload_id: string, minutes: number) => ({ upload_id, node: "command", started_at: new Date(Date.now() - minutes * 60_000).toISOString() });
    await database.write((transaction) =>
      transaction
        .insertInto("uploads")
        .values([begun("old", 61), begun("young", 59)])
        .execute(),
    );
    await scene.service.sweep();
    assert.deepEqual(await database.read.selectFrom("uploads").select("upload_id").execute(), [{ upload_id: "young" }]);
  });

  it("rule 19: work whose snapshot is gone is dropped when its job ends, and whoever waits for it is told", async (test) => {
    const scene = await makeScene(test, { SWEEP_SECONDS: "1000" });
    const { service } = scene;
    await service.operations.pauseType(TYPES.process, "the snapshot goes first", "test");
    const id = await scene.ingest(makeText());
    const { job_id } = await service.database.read.selectFrom("work").select("job_id").executeTakeFirstOrThrow();
    await service.database.write((transaction) => transaction.deleteFrom("hero_snapshots").where("id", "=", id).execute());
    const done = service.untilDone(id);
    await service.runtime.control.cancel(job_id ?? "", { mode: "kill", by: "test", reason: "it failed" });
    await done;
    assert.deepEqual(await service.database.read.selectFrom("work").select("snapshot_id").execute(), []);
  });

  it("100 snapshots at once: all are answered and stored, the depth can be seen, interactive work goes first", async (test) => {
    const scene = await makeScene(test, { WORKER_CONCURRENCY: "1" });
    await scene.service.operations.pauseType(TYPES.process, "the test looks at the queue first", "test");
    const send = (n: number, query = ""): Promise<Response> => fetch(`${scene.url}/api/v1/internal/snapshots/raw?source=test${query}`, { method: "POST", body: makeText({ n }) });
    const answers = await Promise.all(Array.from({ length: 99 }, (_, index) => send(index + 1)));
    const urgent = await send(100, "&priority=interactive");
    assert.deepEqual([...new Set([...answers, urgent].map(({ status }) => status))], [201]);
    const ids = (await Promise.all([...answers, urgent].map((answer) => answer.json()))).map((body) => Number((body as { snapshot_id: number }).snapshot_id));
    assert.equal(new Set(ids).size, 100);
    const health = await call(`${scene.url}/health`);
    assert.equal(health.body["data"]?.["lanes"]?.["0"]?.["depth"], 100);
    await scene.service.operations.resumeType(TYPES.process, "test");
    await Promise.all(ids.map((id) => scene.service.untilDone(id)));
    const first = await scene.service.database.read.selectFrom("hero_snapshots").select("id").orderBy("processed_at").limit(1).executeTakeFirstOrThrow();
    assert.equal(first.id, ids.at(-1));
    const { count } = await scene.service.database.read
      .selectFrom("hero_snapshots")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("result", "=", "success")
      .executeTakeFirstOrThrow();
    assert.equal(count, 100);
  });

  it("rule 15: a second death of memory in the high-memory lane leaves it in quarantine until an operator acts", async (test) => {
    const scene = await makeScene(test, { PROCESS_BALLAST_MB: "1:700", HIGHMEM_MEMORY_MB: "256" });
    const id = await scene.ingest(makeText());
    await scene.service.untilDone(id);
    assert.deepEqual(await etlErrors(scene, id), ["1 OOM 0", "2 OOM 0"]);
    assert.equal((await snapshotOf(scene, id)).result, "failed");
    const { body } = await call(`${scene.url}/health`);
    assert.equal(body["data"]?.["quarantined"], 1);
    assert.equal((await call(`${scene.url}/api/v1/admin/snapshots/${id}/status`)).body["status"], "quarantined");
    await scene.service.sweep();
    assert.equal(scene.events.filter((event) => event.kind === "attempt.started").length, 2);
  });

  it("an endless loop ends as TIMEOUT, the next job runs, and the dead letter can be replayed", async (test) => {
    const scene = await makeScene(test, { PROCESS_SPIN_IDS: "1", BLOCK_SECONDS: "2", SNAPSHOT_TIMEOUT_SECONDS: "60", ETL_MAX_RETRIES: "1", WORKER_CONCURRENCY: "1" });
    const stuck = await scene.ingest(makeText({ n: 1 }));
    const next = await scene.ingest(makeText({ n: 2 }));
    await Promise.all([scene.service.untilDone(stuck), scene.service.untilDone(next)]);
    assert.equal((await snapshotOf(scene, next)).result, "success");
    assert.deepEqual(await etlErrors(scene, stuck), ["1 TIMEOUT 0"]);
    const ended = await scene.event((event) => event.kind === "attempt.ended" && event.cause !== "succeeded");
    assert.match(ended.kind === "attempt.ended" ? ended.cause : "", /^(blocked|stalled|over-time)$/);
    const letters = await call(`${scene.url}/api/v1/admin/dead-letters`);
    assert.equal(letters.body["dead_letters"]?.[0]?.["snapshot_id"], stuck);
    const replayed = await call(`${scene.url}/api/v1/admin/dead-letters/replay?limit=1`, { method: "POST" });
    assert.deepEqual([replayed.status, replayed.body["replayed"]], [202, 1]);
    await scene.service.untilDone(stuck);
    assert.deepEqual(await etlErrors(scene, stuck), ["1 TIMEOUT 0", "2 TIMEOUT 0"]);
  });

  it("rule 14: a locked database is waited for; nothing is lost", async (test) => {
    const directory = await makeDirectory(test);
    const path = join(directory, "locked.db");
    const scene = await makeScene(test, { DB_PATH: path, DB_BUSY_SECONDS: "1", ETL_MAX_RETRIES: "1000", ETL_BACKOFF_MAX_MS: "50" });
    await scene.service.operations.pauseType("process_snapshot", "test", "test");
    const id = await scene.ingest(makeText());
    const other = new DatabaseSync(path);
    cleanUp(test, () => other.close());
    await scene.service.runtime.control.lanes();
    await takeLock(other);
    await scene.service.runtime.control.resumeLane("normal", "dispatch");
    const ended = await scene.event((event) => event.kind === "attempt.ended" && event.cause !== "succeeded");
    assert.match(ended.kind === "attempt.ended" ? ended.cause : "", /^(failed|lock-contention)$/);
    other.exec("COMMIT");
    await scene.service.untilDone(id);
    const row = await snapshotOf(scene, id);
    assert.equal(row.result, "success");
    assert.match((await etlErrors(scene, id)).join(), /DB_ERROR 0/);
  });

  it("rule 4: a claim of a node that is gone is released by a sweep, and its snapshot processed", async (test) => {
    const scene = await makeScene(test, { SWEEP_SECONDS: "1000" });
    await scene.service.operations.pauseType("process_snapshot", "test", "test");
    const id = await scene.ingest(makeText());
    const own = await scene.service.database.read.selectFrom("work").select("job_id").where("snapshot_id", "=", id).executeTakeFirstOrThrow();
    await scene.service.database.write(async (transaction) => {
      const claim = { processing: 1, processing_started_at: new Date().toISOString(), claim_job: "elsewhere", claim_token: "t", claim_node: "gone", attempts: 1 };
      await transaction.updateTable("hero_snapshots").set(claim).where("id", "=", id).execute();
      await transaction.updateTable("work").set({ job_id: "elsewhere", node: "gone" }).where("snapshot_id", "=", id).execute();
    });
    // The job of this node would be a second one for the same snapshot.
    await scene.service.runtime.control.cancel(own.job_id ?? "", { mode: "kill", by: "test", reason: "it is another node's" });
    await scene.service.operations.resumeType("process_snapshot", "test");
    await scene.service.sweep();
    await scene.service.untilDone(id);
    const row = await snapshotOf(scene, id);
    assert.deepEqual([row.result, row.error_count, row.processing], ["success", 1, 0]);
    assert.deepEqual(await etlErrors(scene, id), ["1 CRASH 0"]);
  });

  it("a service that cannot begin lets go of everything: the next start finds its directory free", async (test) => {
    const directory = await makeDirectory(test);
    const path = join(directory, "snapshots.db");
    await (await openSnapshots(path, { busyMs: 1000 })).close();
    const other = new DatabaseSync(path);
    other.exec("ALTER TABLE work RENAME TO gone");
    other.close();
    const environment = { DB_PATH: path, RUNTIME_DIR: join(directory, "runtime"), ARCHIVE_DIR: join(directory, "archive") };
    for (let start = 1; start <= 2; start += 1) {
      await assert.rejects(startService({ settings: readSettings(environment), environment, adopts: true, log: silentLog }), /no such table: work/);
    }
  });

  it("rule 19: a job that is too old is dropped, unless that is allowed", async (test) => {
    const scene = await makeScene(test, { JOB_MAX_AGE_DAYS: "0" });
    const id = await scene.ingest(makeText());
    await scene.service.untilDone(id);
    assert.deepEqual([(await snapshotOf(scene, id)).result, (await snapshotOf(scene, id)).attempts], [null, 0]);
  });

  it("rule 17: a backfill goes through its range in order, counts each snapshot once, and says what it would do", async (test) => {
    const scene = await makeScene(test);
    const ids: number[] = [];
    for (let n = 1; n <= 5; n += 1) ids.push(await scene.ingest(makeText({ n, flaw: n === 3 ? "truncated" : "none" })));
    await Promise.all(ids.map((id) => scene.service.untilDone(id)));
    const request = { from: "2000-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z", batchSize: 2, concurrency: 2, owner: "test", canary: 0 };
    assert.equal((await scene.service.operations.measureBackfill(request)).count, 5);
    const { job_id } = await scene.service.operations.startBackfill(request, "test");
    await scene.service.untilBackfilled(job_id);
    const { body } = await call(`${scene.url}/api/v1/admin/backfill/${job_id}`);
    assert.deepEqual([body["status"], body["processed_count"], body["error_count"], body["last_checkpoint"]?.["id"]], ["done", 5, 1, ids.at(-1)]);
    const canary = await scene.service.operations.startBackfill({ ...request, canary: 5 }, "test");
    await scene.service.untilBackfilled(canary.job_id);
    const paused = (await call(`${scene.url}/api/v1/admin/backfill/${canary.job_id}`)).body;
    assert.deepEqual([paused["status"], paused["pause_reason"], paused["processed_count"]], ["paused", "a snapshot of the canary failed", 3]);
  });

  it("rule 17: a backfill that paused by itself goes on when it is resumed, and pauses again only for what fails then", async (test) => {
    const scene = await makeScene(test);
    const { operations } = scene.service;
    const broken = new Set([1, 2, 3, 6]);
    const ids: number[] = [];
    for (let n = 1; n <= 7; n += 1) ids.push(await scene.ingest(makeText({ n, flaw: broken.has(n) ? "truncated" : "none" })));
    await Promise.all(ids.map((id) => scene.service.untilDone(id)));
    const request = { from: "2000-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z", batchSize: 10, concurrency: 1, owner: "test" };
    const stateOf = async (jobId: string) => {
      await scene.service.untilBackfilled(jobId);
      const { body } = await call(`${scene.url}/api/v1/admin/backfill/${jobId}`);
      return [body["status"], body["pause_reason"], body["processed_count"], body["error_count"]];
    };
    const { job_id: wide } = await operations.startBackfill({ ...request, canary: 0 }, "test");
    assert.deepEqual(await stateOf(wide), ["paused", "more than 1 % of the last 200 failed", 3, 3]);
    await operations.resumeBackfill(wide, "test");
    assert.deepEqual(await stateOf(wide), ["done", null, 7, 4]);

    const { job_id: careful } = await operations.startBackfill({ ...request, canary: 7 }, "test");
    for (const failed of [1, 2, 3]) {
      assert.deepEqual(await stateOf(careful), ["paused", "a snapshot of the canary failed", failed, failed]);
      await operations.resumeBackfill(careful, "test");
    }
    assert.deepEqual(await stateOf(careful), ["paused", "a snapshot of the canary failed", 6, 4]);
    await operations.resumeBackfill(careful, "test");
    assert.deepEqual(await stateOf(careful), ["done", null, 7, 4]);
  });

  it("rule 17: a backfill waits for no snapshot that another process has done, and a pause does not wait for it", async (test) => {
    const scene = await makeScene(test, { SWEEP_SECONDS: "1000" });
    const { service } = scene;
    const id = await scene.ingest(makeText());
    await service.untilDone(id);
    await service.operations.pauseType(TYPES.backfill, "another process is to be the first", "test");
    const request = { from: "2000-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z", batchSize: 10, concurrency: 1, owner: "test", canary: 0 };
    const { job_id } = await service.operations.startBackfill(request, "test");
    await scene.event((event) => event.kind === "job.enqueued" && event.type === TYPES.backfill);
    const walked = service.untilBackfilled(job_id);
    await service.operations.pauseBackfill(job_id, "test");
    await walked;
    await service.operations.resumeBackfill(job_id, "test");

    const command = await startCommand(test, scene);
    await command.operations.reprocess(id, "normal", "cli");
    await command.untilDone(id);
    const driven = service.untilBackfilled(job_id);
    await service.sweep();
    await driven;
    const { body } = await call(`${scene.url}/api/v1/admin/backfill/${job_id}`);
    assert.deepEqual([body["status"], body["processed_count"], body["error_count"]], ["done", 1, 0]);
  });

  it("a command waits for no snapshot that a server has done", async (test) => {
    const scene = await makeScene(test);
    await scene.service.operations.pauseType(TYPES.process, "the command is to be the first to wait", "test");
    const id = await scene.ingest(makeText());
    const command = await startCommand(test, scene, { SWEEP_SECONDS: "1000" });
    const done = command.untilDone(id);
    // It has looked: reads are answered in the order in which they were asked.
    assert.deepEqual(await command.database.read.selectFrom("work").select("snapshot_id").execute(), [{ snapshot_id: id }]);
    await scene.service.operations.resumeType(TYPES.process, "test");
    await scene.service.untilDone(id);
    await command.sweep();
    await done;
    assert.equal((await snapshotOf(scene, id)).result, "success");
  });
});

/** What works on the same database as a server, in a runtime of its own. */
async function startCommand(test: TestContext, { directory }: Scene, change: Readonly<Record<string, string>> = {}): Promise<Service> {
  const environment = { DB_PATH: join(directory, "snapshots.db"), RUNTIME_DIR: join(directory, "command"), WORKER_NICE: "0", ...change };
  const command = await startService({ settings: readSettings(environment), environment, adopts: false, log: silentLog });
  cleanUp(test, () => command.stop());
  return command;
}
