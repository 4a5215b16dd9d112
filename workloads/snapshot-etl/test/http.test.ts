import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import { call, makeScene, post } from "./scene.ts";
import { makeText } from "./workbench.ts";

const METRICS = [
  "etl_snapshots_received_total",
  "etl_snapshots_processed_total",
  "etl_snapshots_failed_total",
  "etl_entity_upserts_total",
  "etl_processing_duration_seconds",
  "etl_batch_upsert_size",
  "etl_jobs_in_progress",
  "etl_queue_depth",
  "etl_queue_oldest_seconds",
  "etl_quarantined",
  "etl_dead_letters",
  "etl_worker_memory_bytes",
  "etl_worker_restarts_total",
  "etl_last_processed_timestamp",
  "etl_fields_omitted_total",
  "etl_api_request_duration_seconds",
];

describe("the HTTP interface", () => {
  it("takes a profile from ingest to summary, and answers every question about it", async (test) => {
    const scene = await makeScene(test);
    const api = `${scene.url}/api/v1`;
    await scene.service.operations.pauseType("process_snapshot", "test", "test");
    const text = makeText();
    const sent = await post(`${api}/internal/snapshots`, `{"source":"bot","namecode":null,"payload":${text}}`);
    assert.deepEqual([sent.status, sent.body["status"]], [201, "queued"]);
    const id = Number(sent.body["snapshot_id"]);
    const row = await scene.service.database.read.selectFrom("hero_snapshots").select("content_hash").where("id", "=", id).executeTakeFirstOrThrow();
    assert.equal(row.content_hash, "a884f8e4d60aa7ead55cc8c5f92968781db526554bdd1eab4b47324e5ca4add9", "exactly the payload's bytes, without what stood around them");
    const pending = await call(`${api}/profile/summary/GEN1_PRHH`);
    assert.deepEqual([pending.status, pending.body["estimated_ready_in_seconds"]], [202, 30]);
    const held = await call(`${scene.url}/health`);
    assert.deepEqual([held.body["data"]?.["lanes"]?.[0]?.["depth"], held.body["data"]?.["lanes"]?.[0]?.["paused"]], [1, true]);
    assert.equal((await post(`${api}/admin/types/process_snapshot/resume`, "")).status, 200);
    await scene.service.untilDone(id);

    const summary = await call(`${api}/profile/summary/GEN1_PRHH`);
    assert.equal(summary.status, 200);
    assert.deepEqual(summary.body["top_troops"], [
      { troop_id: 6002, amount: 58, level: 11 },
      { troop_id: 6001, amount: 47, level: 4 },
      { troop_id: 6000, amount: 2, level: 1 },
    ]);
    assert.deepEqual(Object.keys(summary.body).sort(), ["cached_at", "equipped_pet", "guild", "last_seen", "level", "namecode", "pvp_tier", "top_troops", "user_id", "username"]);
    const raw = await fetch(`${api}/profile/raw/GEN1_PRHH`);
    assert.equal(await raw.text(), text);
    const status = await call(`${api}/admin/snapshots/${id}/status`);
    assert.deepEqual([status.body["status"], status.body["processing"], status.body["result"]], ["success", false, "success"]);
    const again = await post(`${api}/admin/snapshots/${id}/reprocess`, "");
    assert.deepEqual([again.status, again.body["status"], typeof again.body["job_id"]], [202, "enqueued", "string"]);
    await scene.service.untilDone(id);

    const metrics = await (await fetch(`${scene.metricsUrl}/metrics`)).text();
    assert.deepEqual(
      METRICS.filter((name) => !new RegExp(`^# TYPE ${name} `, "m").test(metrics)),
      [],
    );
    assert.match(metrics, /^etl_snapshots_processed_total\{result="success"\} 2$/m);
    assert.match(metrics, /^etl_snapshots_received_total\{source="bot"\} 1$/m);
    assert.match(metrics, /^etl_snapshots_failed_total\{error_type="OOM"\} 0$/m);
    const health = (await call(`${scene.url}/health`)).body["data"];
    assert.deepEqual([health?.["overall_status"], health?.["quarantined"], health?.["dead_letters"]], ["healthy", 0, 0]);
    assert.equal(typeof health?.["workers"]?.[0]?.["memory_mb"], "number");
  });

  it("counts what there is not as one endpoint, however it is called", async (test) => {
    const scene = await makeScene(test, { ADMIN_API_KEY: "secret" });
    for (const path of ["admin/invented", "admin/invented-too/1", "admin/backfills", "internal/snapshotsx", "nothing"]) await call(`${scene.url}/api/v1/${path}`);
    for (const path of ["admin/backfill/7", "admin/quarantine?limit=1", "profile/raw/NOBODY"]) await call(`${scene.url}/api/v1/${path}`);
    const metrics = await (await fetch(`${scene.metricsUrl}/metrics`)).text();
    const endpoints = [...metrics.matchAll(/^etl_api_request_duration_seconds_count\{endpoint="([^"]*)",status="\d+"\} (\d+)$/gm)].map(
      ([, endpoint, count]) => `${endpoint} ${count}`,
    );
    assert.deepEqual(endpoints.sort(), ["admin/backfill 1", "admin/quarantine 1", "other 2", "other 3", "profile/raw 1"]);
  });

  it("refuses in one shape, with the code that it means", async (test) => {
    const scene = await makeScene(test, { MAX_BYTES: "5000", INGEST_PER_MINUTE: "30" });
    const api = `${scene.url}/api/v1`;
    const codes = async (reply: ReturnType<typeof call>): Promise<string> => {
      const { status, body } = await reply;
      assert.deepEqual(Object.keys(body["error"] ?? {}).sort(), ["code", "details", "message", "request_id"]);
      return `${status} ${String(body["error"]?.["code"])}`;
    };
    const ingest = `${api}/internal/snapshots`;
    assert.equal(await codes(post(ingest, "{")), "400 INVALID_PAYLOAD");
    assert.equal(await codes(post(ingest, '{"source":"a"}')), "400 INVALID_PAYLOAD");
    assert.equal(await codes(post(ingest, '{"source":"a","payload":[1]}')), "400 INVALID_PAYLOAD");
    assert.equal(await codes(post(ingest, '{"payload":{}}')), "400 INVALID_PAYLOAD");
    assert.equal(await codes(post(`${ingest}/raw?source=a`, "")), "400 INVALID_PAYLOAD");
    assert.equal(await codes(post(`${ingest}/raw?source=a`, "x".repeat(5001))), "413 PAYLOAD_TOO_LARGE");
    assert.equal(await codes(call(`${api}/profile/summary/NOBODY`)), "404 NOT_FOUND");
    assert.equal(await codes(call(`${api}/profile/raw/NOBODY`)), "404 NOT_FOUND");
    assert.equal(await codes(post(`${api}/admin/snapshots/99/reprocess`, "")), "404 NOT_FOUND");
    assert.equal(await codes(call(`${api}/admin/snapshots/99/status`)), "404 NOT_FOUND");
    assert.equal(await codes(post(`${api}/admin/quarantine/99/release`, "")), "404 NOT_FOUND");
    assert.equal(await codes(call(`${api}/nothing`)), "404 NOT_FOUND");
    assert.equal(await codes(post(`${api}/admin/backfill`, { from: "2026-01-02", to: "2026-01-01" })), "400 INVALID_REQUEST");
    const raw = await post(`${ingest}/raw?source=a`, "neither JSON nor anything");
    assert.equal(raw.status, 201, "the worker judges");
    await scene.service.untilDone(Number(raw.body["snapshot_id"]));
    assert.equal(await codes(post(`${api}/admin/quarantine/${String(raw.body["snapshot_id"])}/release`, "")), "409 NOT_QUARANTINED");
    const duplicate = await post(`${ingest}/raw?source=a`, "neither JSON nor anything");
    assert.deepEqual([duplicate.status, duplicate.body["status"], duplicate.body["snapshot_id"]], [409, "duplicate", raw.body["snapshot_id"]]);
    assert.equal((await post(`${api}/admin/ingest/pause`, { reason: "upkeep" })).status, 200);
    const paused = await post(ingest, `{"source":"a","payload":${makeText()}}`);
    assert.deepEqual([paused.status, paused.body["error"]?.["code"], paused.headers.get("retry-after")], [503, "INGEST_PAUSED", "60"]);
    assert.equal((await post(`${api}/admin/ingest/resume`, "")).status, 200);
    assert.equal((await post(ingest, `{"source":"a","payload":${makeText()}}`)).status, 201);
    const audited = await scene.service.database.read.selectFrom("audit_logs").select("action").where("actor", "!=", "system").orderBy("id").execute();
    assert.deepEqual(
      audited.map(({ action }) => action),
      ["ingest-pause", "ingest-resume"],
    );
  });

  it("answers 413 to a body without a length as soon as it is too large", async (test) => {
    const scene = await makeScene(test, { MAX_BYTES: "500000" });
    const { port } = new URL(scene.url);
    const sending = request({ port, method: "POST", path: "/api/v1/internal/snapshots/raw?source=a", headers: { "transfer-encoding": "chunked" } });
    // The connection ends with the answer, while this side is still writing.
    sending.on("error", () => undefined);
    const answered = once(sending, "response");
    sending.write(Buffer.alloc(600_000, 0x20));
    const [response] = await answered;
    assert.equal(response.statusCode, 413);
    sending.destroy();
    const { count } = await scene.service.database.read
      .selectFrom("snapshot_pieces")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    assert.equal(Number(count), 0);
  });

  it("keeps nothing of a caller that goes away in the middle", async (test) => {
    const scene = await makeScene(test);
    const { port } = new URL(scene.url);
    const sending = request({ port, method: "POST", path: "/api/v1/internal/snapshots/raw?source=a", headers: { "content-length": "2000000" } });
    sending.on("error", () => undefined);
    const { promise: failed, resolve } = Promise.withResolvers<void>();
    const accept = scene.service.ingest.accept;
    Object.assign(scene.service.ingest, { accept: (each: Parameters<typeof accept>[0]) => accept(each).finally(resolve) });
    sending.write(Buffer.alloc(900_000, 0x20), () => sending.destroy());
    await failed.catch(() => undefined);
    for (const table of ["snapshot_pieces", "uploads", "hero_snapshots"] as const)
      assert.deepEqual(await scene.service.database.read.selectFrom(table).selectAll().execute(), [], table);
  });

  it("without keys only this machine may call, and no page that was led here by a name, wherever it listens", async (test) => {
    const { url } = await makeScene(test, { HOST: "0.0.0.0" });
    const { port } = new URL(url);
    const statusFor = async (host: string): Promise<number | undefined> => {
      const asking = request(`http://127.0.0.1:${port}/api/v1/admin/quarantine`, { headers: { host } }).end();
      const [answer] = (await once(asking, "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    assert.equal(await statusFor(`127.0.0.1:${port}`), 200);
    assert.equal(await statusFor(`evil.example:${port}`), 403);
  });

  it("asks for keys where they are configured, and counts what each of them sends", async (test) => {
    const scene = await makeScene(test, { INGEST_API_KEY: "in", ADMIN_API_KEY: "ad", INGEST_PER_MINUTE: "3", SUMMARY_PER_MINUTE: "2" });
    const api = `${scene.url}/api/v1`;
    const send = (headers: Readonly<Record<string, string>>, n: number) => post(`${api}/internal/snapshots/raw?source=a`, makeText({ n }), headers);
    assert.equal((await send({}, 1)).status, 401);
    assert.equal((await send({ authorization: "Bearer ad" }, 1)).status, 403);
    const first = await send({ authorization: "Bearer in" }, 1);
    assert.deepEqual([first.status, first.headers.get("x-ratelimit-limit"), first.headers.get("x-ratelimit-remaining")], [201, "3", "2"]);
    assert.equal((await send({ "x-api-key": "in" }, 2)).status, 201);
    assert.equal((await send({ "x-api-key": "in" }, 3)).status, 201);
    const limited = await send({ "x-api-key": "in" }, 4);
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get("retry-after")) > 0);
    assert.equal((await call(`${api}/admin/quarantine`)).status, 401);
    assert.equal((await call(`${api}/admin/quarantine`, { headers: { "x-api-key": "in" } })).status, 403);
    assert.equal((await call(`${api}/admin/quarantine`, { headers: { "x-api-key": "ad" } })).status, 200);
    const summaries = [];
    for (let time = 0; time < 3; time += 1) summaries.push((await call(`${api}/profile/summary/NOBODY`)).status);
    assert.deepEqual(summaries, [404, 404, 429]);
  });
});
