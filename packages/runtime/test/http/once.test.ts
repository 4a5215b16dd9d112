import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createIdempotency } from "../../src/http/idempotency.ts";
import { json } from "../../src/http/reply.ts";
import { CofferdamError } from "../../src/model/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { field, problemOf, startTestHost, type TestHost } from "./host.ts";

describe("Idempotency-Key and batches", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  it("the same key and body replays status, body and Location, and stores one job", async () => {
    const send = () => host.send("POST", "/api/v1/jobs", { type: "echo", tags: ["once"] }, { "idempotency-key": '"k-1"' });
    const first = await send();
    const second = await send();
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.equal(await first.text(), await second.text());
    assert.equal(first.headers.get("location"), second.headers.get("location"));
    assert.equal(first.headers.get("idempotency-replayed"), null);
    assert.equal(second.headers.get("idempotency-replayed"), "true");
    assert.equal(await host.control.countJobs({ tag: "once" }, 10), 1);
  });

  it("the same key with another body is refused with 422", async () => {
    await host.send("POST", "/api/v1/jobs", { type: "echo" }, { "idempotency-key": "k-2" });
    const response = await host.send("POST", "/api/v1/jobs", { type: "echo", priority: 1 }, { "idempotency-key": "k-2" });
    assert.equal(response.status, 422);
    assert.equal((await problemOf(response)).code, "idempotency_key_reused");
  });

  it("a refusal is not remembered: the corrected request may use the key again", async () => {
    assert.equal((await host.send("POST", "/api/v1/jobs", { type: "ecko" }, { "idempotency-key": "k-3" })).status, 422);
    assert.equal((await host.send("POST", "/api/v1/jobs", { type: "echo" }, { "idempotency-key": "k-3" })).status, 201);
  });

  it("a key of the wrong length is refused with 400", async () => {
    const response = await host.send("POST", "/api/v1/jobs", { type: "echo" }, { "idempotency-key": "k".repeat(256) });
    assert.equal((await problemOf(response)).code, "invalid_request");
  });

  it("while the first request runs, the second one is told so (409)", async () => {
    const idempotency = createIdempotency({ journal: host.store, clock: systemClock });
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const request = { key: "k-4", scope: "POST /x", body: Buffer.from("{}") };
    const first = idempotency.once(request, async () => {
      begun.resolve();
      await gate.promise;
      return json({ ok: true });
    });
    await begun.promise;
    await assert.rejects(
      idempotency.once(request, async () => json({})),
      { code: "request_in_progress", status: 409 },
    );
    gate.resolve();
    assert.equal((await first).status, 200);
  });

  it("a batch: each item by itself, in order, with its own problem", async () => {
    const body = '{"jobs":[{"type":"echo","input":{"n":1.0}},{"type":"ecko"},{"type":"echo","input":[1,]},{"type":"echo","priority":1e9},{"type":"echo"},7]}';
    const response = await host.send("POST", "/api/v1/batches", body);
    assert.equal(response.status, 202);
    const answer = (await response.json()) as { accepted: number; refused: number; items: { status: number; job?: { id: string }; problem?: { code: string } }[] };
    assert.deepEqual([answer.accepted, answer.refused], [2, 4]);
    assert.deepEqual(
      answer.items.map((item) => [item.status, item.problem?.code ?? "ok"]),
      [
        [201, "ok"],
        [422, "unknown_job_type"],
        [400, "invalid_json"],
        [400, "invalid_request"],
        [201, "ok"],
        [400, "invalid_request"],
      ],
    );
    assert.equal(await host.control.document(answer.items[0]?.job?.id ?? "", "input"), '{"n":1.0}');
  });

  it("a batch replays as a whole", async () => {
    const send = () => host.send("POST", "/api/v1/batches", { jobs: [{ type: "echo", tags: ["batch-once"] }] }, { "idempotency-key": "k-5" });
    assert.equal(await (await send()).text(), await (await send()).text());
    assert.equal(await host.control.countJobs({ tag: "batch-once" }, 10), 1);
  });

  it("a batch that is no batch is refused as a whole", async () => {
    for (const body of ["{}", '{"jobs":{}}', '{"jobs":[],"more":1}'])
      assert.equal((await problemOf(await host.send("POST", "/api/v1/batches", body))).code, "invalid_request", body);
    assert.equal((await problemOf(await host.send("POST", "/api/v1/batches", '{"jobs":[{"type":"echo"}'))).code, "invalid_json");
    const many = `{"jobs":[${"1,".repeat(10_000)}1]}`;
    assert.equal((await problemOf(await host.send("POST", "/api/v1/batches", many))).code, "invalid_request");
    assert.equal(field(await (await host.send("POST", "/api/v1/jobs", { type: "echo" })).json(), "state"), "ready");
  });
});

describe("a schema that takes its time", () => {
  it("409 request_in_progress for the same key meanwhile; 503 validator_failed when it does not answer", async () => {
    const host = await startTestHost();
    try {
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<{ readonly ok: true }>();
      host.crew.validate = () => {
        asked.resolve();
        return answer.promise;
      };
      const send = () => host.send("POST", "/api/v1/jobs", { type: "strict" }, { "idempotency-key": "k" });
      const first = send();
      await asked.promise;
      const second = await send();
      assert.deepEqual([second.status, (await problemOf(second)).code], [409, "request_in_progress"]);
      answer.resolve({ ok: true });
      assert.equal((await first).status, 201);
      host.crew.validate = () => Promise.reject(new CofferdamError("validator_failed", "the schema did not answer within 5 s"));
      const third = await host.send("POST", "/api/v1/jobs", { type: "strict" });
      assert.deepEqual([third.status, (await problemOf(third)).code], [503, "validator_failed"]);
    } finally {
      await host.close();
    }
  });

  it("500 broken_invariant for a mistake of ours, without its details", async () => {
    const host = await startTestHost();
    try {
      host.crew.validate = () => Promise.reject(new TypeError("secret detail"));
      const response = await host.send("POST", "/api/v1/jobs", { type: "strict" });
      const problem = await problemOf(response);
      assert.deepEqual([response.status, problem.code], [500, "broken_invariant"]);
      assert.ok(!JSON.stringify(problem).includes("secret"));
    } finally {
      await host.close();
    }
  });
});

describe("the door", () => {
  it("503 with Retry-After while starting, draining or paused; 429 when the lane is full", async () => {
    const host = await startTestHost({ waitingMax: 2 });
    try {
      const refusal = async () => {
        const response = await host.send("POST", "/api/v1/jobs", { type: "echo" });
        const problem = await problemOf(response);
        return [response.status, problem.code, response.headers.get("retry-after"), problem.retry_after_seconds];
      };
      host.setPhase("starting");
      assert.deepEqual(await refusal(), [503, "starting", "1", 1]);
      host.setPhase("draining");
      assert.deepEqual(await refusal(), [503, "draining", "5", 5]);
      host.setPhase("running");
      await host.send("POST", "/api/v1/lanes/default/pause", { what: "intake", reason: "full disk" });
      assert.deepEqual(await refusal(), [503, "intake_paused", "60", 60]);
      await host.send("POST", "/api/v1/lanes/default/resume", { what: "intake" });
      await host.add();
      await host.add();
      assert.deepEqual(await refusal(), [429, "lane_full", "10", 10]);
    } finally {
      await host.close();
    }
  });
});
