import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSnapshots } from "../src/database/open.ts";
import { startStandIn } from "../src/stand-in/server.ts";
import { call, post, type Json } from "./scene.ts";
import { makeText } from "./workbench.ts";
import { cleanUp, driveProgram, makeDirectory, type Serving } from "workload-command-line/testing";

const program = join(import.meta.dirname, "..", "src", "cli.ts");

const { run, serve } = driveProgram(program, (directory) => ({
  DB_PATH: join(directory, "snapshots.db"),
  RUNTIME_DIR: join(directory, "runtime"),
  ARCHIVE_DIR: join(directory, "archive"),
  WORKER_NICE: "0",
  PORT: "0",
  METRICS_PORT: "0",
}));

function apiOf({ ready }: Serving): string {
  return `${ready.url}/api/v1`;
}

/** Asks again and again until the answer fits: the answers come from another process. */
async function until(ask: () => Promise<Json>, fits: (answer: Json) => boolean): Promise<Json> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
  }
}

describe("snapshot-etl, the command", () => {
  it("generates, stores, processes, verifies and archives, and tells by its exit code how it went", async (test) => {
    const directory = await makeDirectory(test);
    const generated = await run(directory, ["generate", "--size", "tiny", "--n", "1"]);
    assert.equal(generated.out, makeText());
    await writeFile(join(directory, "tiny.json"), generated.out);
    await writeFile(join(directory, "partial.json"), makeText({ n: 2, flaw: "bad-troop" }));
    assert.deepEqual(
      [(await run(directory, ["ingest", "tiny.json"])).code, (await run(directory, ["ingest", "tiny.json"])).code, (await run(directory, ["ingest", "none.json"])).code],
      [0, 6, 4],
    );
    assert.equal((await run(directory, ["ingest", "partial.json", "--source", "test"])).code, 0);
    const processed = await run(directory, ["process", "1"]);
    assert.deepEqual([processed.code, processed.out], [0, "snapshot 1: success\n"], processed.err);
    const partial = await run(directory, ["--json", "process", "2"]);
    assert.equal(partial.code, 5);
    assert.equal((JSON.parse(partial.out) as Json)["result"], "partial");
    assert.equal((await run(directory, ["verify", "1"])).code, 0);
    assert.deepEqual([(await run(directory, ["verify", "9"])).code, (await run(directory, ["verify", "x"])).code, (await run(directory, ["nonsense"])).code], [4, 2, 2]);
    assert.equal((await run(directory, ["process", "1"], { ETL_BATCH_SIZE: "none" })).code, 3);
    assert.equal((await run(directory, ["quarantine", "list"])).code, 4);
    const archived = await run(directory, ["archive"], { RETENTION_DAYS: "0", RETENTION_PER_USER: "0" });
    assert.deepEqual([archived.code, archived.out], [0, "2 archived\n"], archived.err);
    const database = await openSnapshots(join(directory, "snapshots.db"), { busyMs: 5000 });
    cleanUp(test, () => database.close());
    assert.deepEqual(await database.read.selectFrom("snapshot_pieces").select("piece").execute(), []);
    const archives = await database.read.selectFrom("archives").select(["snapshot_id", "checksum", "original_size"]).orderBy("snapshot_id").execute();
    assert.deepEqual(archives[0], { snapshot_id: 1, checksum: "a884f8e4d60aa7ead55cc8c5f92968781db526554bdd1eab4b47324e5ca4add9", original_size: 1003 });
    assert.equal((await database.read.selectFrom("user_troops").select("troop_id").execute()).length, 5, "the rows stay");
  });

  it("fetches from an upstream that has its faults", async (test) => {
    const directory = await makeDirectory(test);
    const upstream = await startStandIn(0, "tiny");
    cleanUp(test, () => upstream.close());
    const control = upstream.url.replace("call_function", "__control");
    const environment = { UPSTREAM_URL: upstream.url, ETL_BACKOFF_BASE_MS: "10" };
    await post(control, { fault: "reset", namecode: "GEN1_PRHH" });
    const fetched = await run(directory, ["fetch", "GEN1_PRHH"], environment);
    assert.deepEqual([fetched.code, fetched.out], [0, "snapshot 1: success\n"], fetched.err);
    await post(control, { fault: "403", namecode: "GEN2_JGXG", count: 9 });
    assert.equal((await run(directory, ["fetch", "GEN2_JGXG"], environment)).code, 1);
    const log = await call(upstream.url.replace("call_function", "__log"));
    assert.deepEqual([log.body["requests"]?.[0]?.["fault"], log.body["requests"]?.[1]?.["fault"]], ["reset", null]);
  });

  it("goes on after SIGKILL of the server: what was received is processed, a backfill continues at its checkpoint and counts nothing twice", async (test) => {
    const directory = await makeDirectory(test);
    const first = await serve(test, directory, ["--json", "serve"], { WORKER_CONCURRENCY: "1" });
    const total = 12;
    for (let n = 1; n <= total; n += 1) assert.equal((await post(`${apiOf(first)}/internal/snapshots/raw?source=t`, makeText({ size: "small", n }))).status, 201);
    await first.end("SIGKILL");
    const second = await serve(test, directory);
    await until(
      async () => (await call(`${apiOf(second)}/admin/snapshots/${total}/status`)).body,
      (body) => String(body["result"]) === "success",
    );
    const begun = await post(`${apiOf(second)}/admin/backfill`, { from: "2000-01-01", to: "2100-01-01", owner: "test" });
    assert.equal(begun.status, 202);
    const job = String(begun.body["job_id"]);
    const ask = (api: string) => async (): Promise<Json> => (await call(`${api}/admin/backfill/${job}`)).body;
    await until(ask(apiOf(second)), (body) => Number(body["processed_count"]) >= 2);
    await second.end("SIGKILL");
    const third = await serve(test, directory);
    const done = await until(ask(apiOf(third)), (body) => String(body["status"]) === "done");
    assert.deepEqual([done["processed_count"], done["error_count"]], [total, 0]);
    assert.equal(await third.end("SIGTERM"), 0);
    const database = await openSnapshots(join(directory, "snapshots.db"), { busyMs: 5000 });
    cleanUp(test, () => database.close());
    const items = await database.read.selectFrom("backfill_items").select("snapshot_id").orderBy("place").execute();
    assert.deepEqual(
      items.map(({ snapshot_id }) => snapshot_id),
      Array.from({ length: total }, (_, index) => index + 1),
    );
    assert.deepEqual(await database.read.selectFrom("work").selectAll().execute(), []);
  });
});
