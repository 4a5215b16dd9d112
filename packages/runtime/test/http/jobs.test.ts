import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ATTEMPT, JOB } from "../../src/http/schemas.ts";
import { field, problemOf, startTestHost, type TestHost } from "./host.ts";

describe("jobs over HTTP", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ options: { inputBytesMax: 100_000 } });
  });
  after(() => host.close());

  async function refused(response: Promise<Response>, status: number, code: string): Promise<Awaited<ReturnType<typeof problemOf>>> {
    const answer = await response;
    const problem = await problemOf(answer);
    assert.deepEqual([answer.status, problem.code, problem.status], [status, code, status], problem.detail);
    assert.equal(problem.instance, answer.headers.get("x-request-id"));
    return problem;
  }

  it("201 with Location; the input is kept as the text it was", async () => {
    const input = '{ "big": 12345678901234567890, "exact": 1.0 }';
    const response = await host.send("POST", "/api/v1/jobs", `{"type":"echo","input":${input},"tags":["a","b"],"priority":5}`);
    assert.equal(response.status, 201);
    const id = field(await response.json(), "id");
    assert.equal(response.headers.get("location"), `/api/v1/jobs/${id}`);
    assert.equal(await (await host.get(`/api/v1/jobs/${id}/input`)).text(), input);
    const whole = await (await host.get(`/api/v1/jobs/${id}?include=input,result`)).text();
    assert.ok(whole.endsWith(`,"input":${input},"result":null}`), whole);
    JOB.parse(JSON.parse(whole));
  });

  it("200 and deduplicated when the unique key already waits", async () => {
    const first = await host.add({ unique_key: "only-one" });
    const second = await host.send("POST", "/api/v1/jobs", { type: "echo", unique_key: "only-one" });
    assert.equal(second.status, 200);
    assert.deepEqual(await second.json(), { id: first, state: "ready", deduplicated: true });
  });

  it("a delayed job is scheduled", async () => {
    const byDelay = await host.send("POST", "/api/v1/jobs", { type: "echo", delay_seconds: 3600 });
    assert.equal(field(await byDelay.json(), "state"), "scheduled");
    const byTime = await host.send("POST", "/api/v1/jobs", { type: "echo", run_at: "2999-01-01T00:00:00+01:00" });
    assert.equal(field(await byTime.json(), "state"), "scheduled");
  });

  it("400 for what is not JSON, 422 for types and inputs that do not fit, 413, 415", async () => {
    await refused(host.send("POST", "/api/v1/jobs", '{"type":"echo",'), 400, "invalid_json");
    await refused(host.send("POST", "/api/v1/jobs", '{"type":"echo","input":{"a":}}'), 400, "invalid_json");
    await refused(host.send("POST", "/api/v1/jobs", '{"type":"echo"} x'), 400, "invalid_json");
    await refused(host.send("POST", "/api/v1/jobs", '{"type":"echo","type":"strict"}'), 400, "invalid_json");
    await refused(host.send("POST", "/api/v1/jobs", "[1]"), 400, "invalid_request");
    const unknownField = await refused(host.send("POST", "/api/v1/jobs", { type: "echo", priorty: 1 }), 400, "invalid_request");
    assert.deepEqual(unknownField.errors, [{ pointer: "/priorty", detail: 'is not known here (did you mean "priority"?)' }]);
    await refused(host.send("POST", "/api/v1/jobs", { type: "echo", priority: 101 }), 400, "invalid_request");
    await refused(host.send("POST", "/api/v1/jobs", { type: "echo", run_at: "2999-01-01T00:00:00Z", delay_seconds: 1 }), 400, "invalid_request");
    const unknownType = await refused(host.send("POST", "/api/v1/jobs", { type: "ecko" }), 422, "unknown_job_type");
    assert.match(unknownType.detail, /did you mean "echo"/);
    await refused(host.send("POST", "/api/v1/jobs", { type: "echo", lane: "nope" }), 422, "unknown_lane");
    const invalid = await refused(host.send("POST", "/api/v1/jobs", { type: "strict", input: {} }), 422, "invalid_input");
    assert.deepEqual(invalid.errors, [{ pointer: "/input/path", detail: "is required" }]);
    await refused(host.send("POST", "/api/v1/jobs", { type: "echo", input: "x".repeat(100_001) }), 413, "input_too_large");
    await refused(host.send("POST", "/api/v1/jobs", "type=echo", { "content-type": "application/x-www-form-urlencoded" }), 415, "unsupported_media_type");
    await refused(fetch(`${host.url}/api/v1/jobs`, { method: "POST", body: new TextEncoder().encode("{}") }), 415, "unsupported_media_type");
    await refused(
      fetch(`${host.url}/api/v1/jobs`, { method: "POST", headers: { "content-type": "application/json" }, body: Uint8Array.of(123, 34, 255, 34, 125) }),
      400,
      "invalid_json",
    );
  });

  it("413 while a body of unknown length is still coming in", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
        if (sent > 4 * 1024 * 1024) controller.close();
      },
    });
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", headers: { "content-type": "application/json" }, body, duplex: "half" };
    await refused(fetch(`${host.url}/api/v1/jobs`, init), 413, "input_too_large");
  });

  it("404 for a job that never was, and for no route at all; 405 names what is allowed", async () => {
    await refused(host.get("/api/v1/jobs/j_nope"), 404, "job_not_found");
    await refused(host.get("/api/v1/nope"), 404, "route_not_found");
    const response = await host.send("PUT", "/api/v1/jobs");
    assert.equal(response.headers.get("allow"), "GET, POST");
    assert.equal((await problemOf(response)).code, "method_not_allowed");
  });

  it("410 after retention", async () => {
    const id = await host.add({ lane: "large" });
    await host.settle(await host.claim("large"), { kind: "complete" });
    await host.store.prune({ succeededBeforeMs: Date.now() + 60_000, failedBeforeMs: 0, idempotencyBeforeMs: 0, logsInUse: [], limit: 1000 });
    await refused(host.get(`/api/v1/jobs/${id}`), 410, "job_gone");
  });

  it("lists with filters, cursor and count; unknown filters are refused", async () => {
    for (let index = 0; index < 3; index += 1) await host.add({ tags: ["page"] });
    const first = (await (await host.get("/api/v1/jobs?tag=page&limit=2&count=capped")).json()) as { items: { id: string }[]; next_cursor: string; count: unknown };
    assert.equal(first.items.length, 2);
    assert.deepEqual(first.count, { value: 3, capped: false });
    const second = (await (await host.get(`/api/v1/jobs?tag=page&limit=2&cursor=${encodeURIComponent(first.next_cursor)}`)).json()) as {
      items: { id: string }[];
      next_cursor: null;
    };
    assert.equal(second.items.length, 1);
    assert.equal(second.next_cursor, null);
    assert.ok(!first.items.some(({ id }) => id === second.items[0]?.id));
    const states = (await (await host.get("/api/v1/jobs?state=succeeded,failed&tag=page")).json()) as { items: unknown[] };
    assert.equal(states.items.length, 0);
    await refused(host.get("/api/v1/jobs?stat=ready"), 400, "invalid_request");
    await refused(host.get("/api/v1/jobs?limit=0"), 400, "invalid_request");
    await refused(host.get("/api/v1/jobs?state=nope"), 400, "invalid_request");
    await refused(host.get("/api/v1/jobs?since=yesterday"), 400, "invalid_request");
  });

  it("ETag: 304 when unchanged, 412 when changed since, 200 with the right one", async () => {
    const id = await host.add();
    const etag = (await host.get(`/api/v1/jobs/${id}`)).headers.get("etag") ?? "";
    assert.equal((await host.get(`/api/v1/jobs/${id}`, { "if-none-match": etag })).status, 304);
    assert.equal((await host.get(`/api/v1/jobs/${id}?include=checkpoint`, { "if-none-match": etag })).status, 200);
    const changed = await host.send("PATCH", `/api/v1/jobs/${id}`, { priority: 7 }, { "if-match": etag });
    assert.equal(changed.status, 200);
    assert.equal(((await changed.json()) as { priority: number }).priority, 7);
    await refused(host.send("PATCH", `/api/v1/jobs/${id}`, { priority: 8 }, { "if-match": etag }), 412, "precondition_failed");
    assert.equal((await host.send("PATCH", `/api/v1/jobs/${id}`, { lane: "large" }, { "if-match": changed.headers.get("etag") ?? "" })).status, 200);
    await refused(host.send("PATCH", `/api/v1/jobs/${id}`, { lane: "nope" }), 422, "unknown_lane");
  });

  it("a running job: 409 for change, delete and retry, 202 for cancel", async () => {
    const id = await host.add({ priority: 100, tags: ["running"] });
    const lease = await host.claim();
    assert.equal(lease.jobId, id);
    await refused(host.send("PATCH", `/api/v1/jobs/${id}`, { priority: 1 }), 409, "job_running");
    await refused(host.send("DELETE", `/api/v1/jobs/${id}`), 409, "job_running");
    await refused(host.send("POST", `/api/v1/jobs/${id}/retry`), 409, "job_not_finished");
    const cancelling = await host.send("POST", `/api/v1/jobs/${id}/cancel`, { mode: "kill", reason: "enough" });
    assert.equal(cancelling.status, 202);
    assert.deepEqual(await cancelling.json(), { id, state: "cancelling" });
    assert.deepEqual(host.crew.stopped.at(-1), { jobId: id, graceMs: 0 });
    await host.settle(lease, { kind: "cancelled", reason: "enough" });
    assert.equal((await host.send("POST", `/api/v1/jobs/${id}/cancel`)).status, 200);
  });

  it("a waiting job: 200 for cancel, also twice; then retry 200; delete 204", async () => {
    const id = await host.add();
    assert.equal((await host.send("POST", `/api/v1/jobs/${id}/cancel`)).status, 200);
    assert.equal((await host.send("POST", `/api/v1/jobs/${id}/cancel`, {})).status, 200);
    await refused(host.send("PATCH", `/api/v1/jobs/${id}`, { priority: 1 }), 409, "job_finished");
    assert.equal((await host.send("POST", `/api/v1/jobs/${id}/retry`)).status, 200);
    assert.equal((await host.send("DELETE", `/api/v1/jobs/${id}`)).status, 204);
    assert.ok([404, 410].includes((await host.get(`/api/v1/jobs/${id}`)).status));
  });

  it("a retry is refused while another job holds the unique key", async () => {
    const id = await host.add({ unique_key: "held" });
    await host.send("POST", `/api/v1/jobs/${id}/cancel`);
    await host.add({ unique_key: "held" });
    await refused(host.send("POST", `/api/v1/jobs/${id}/retry`), 409, "unique_key_taken");
  });

  it("HEAD answers like GET without a body; a compressed body is refused", async () => {
    const head = await fetch(`${host.url}/api/v1/jobs`, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-type"), await head.text()], [200, "application/json", ""]);
    await refused(host.send("POST", "/api/v1/jobs", "{}", { "content-encoding": "gzip" }), 415, "unsupported_media_type");
  });

  it("an ended job: 409 for cancel; its attempts, verdict and result are shown; retry with input makes a new job", async () => {
    const id = await host.add({ priority: 100 });
    await host.settle(await host.claim(), { kind: "complete" }, {}, '{"rows": 3.0}');
    await refused(host.send("POST", `/api/v1/jobs/${id}/cancel`), 409, "job_finished");
    assert.equal(await (await host.get(`/api/v1/jobs/${id}/result`)).text(), '{"rows": 3.0}');
    const { items } = (await (await host.get(`/api/v1/jobs/${id}/attempts`)).json()) as { items: unknown[] };
    const attempt = ATTEMPT.parse(items[0]);
    assert.equal(attempt.verdict.cause, "succeeded");
    assert.deepEqual(attempt.leaks, [{ kind: "process", pid: 4712, command: "sleep 1000", state: "ended" }]);
    ATTEMPT.parse(await (await host.get(`/api/v1/jobs/${id}/attempts/1`)).json());
    await refused(host.get(`/api/v1/jobs/${id}/attempts/2`), 404, "attempt_not_found");
    const again = await host.send("POST", `/api/v1/jobs/${id}/retry`, { input: { other: true } });
    assert.equal(again.status, 201);
    const copy = (await (await host.get(`${again.headers.get("location")}?include=input`)).json()) as { retry_of: string; input: unknown };
    assert.equal(copy.retry_of, id);
    assert.deepEqual(copy.input, { other: true });
    await refused(host.send("POST", `/api/v1/jobs/${id}/retry`, '{"input":{]}'), 400, "invalid_json");
  });

  it("why: names the reason of a paused lane", async () => {
    const id = await host.add({ lane: "large" });
    await host.send("POST", "/api/v1/lanes/large/pause", { reason: "maintenance" });
    const { items } = (await (await host.get(`/api/v1/jobs/${id}/why`)).json()) as { items: { code: string; text: string }[] };
    assert.deepEqual(
      items.map(({ code }) => code),
      ["lane-paused"],
    );
    assert.match(items[0]?.text ?? "", /maintenance/);
    await host.send("POST", "/api/v1/lanes/large/resume", {});
  });

  it("quarantine: listed, released into a lane, discarded; 409 when it is not there", async () => {
    const [first, second] = [await host.add({ priority: 100, type: "big" }), await host.add({ priority: 99, type: "big" })];
    for (let index = 0; index < 2; index += 1) await host.settle(await host.claim("large"), { kind: "quarantine", counts: "death", reason: "it died three times" });
    const { items } = (await (await host.get("/api/v1/quarantine?type=big")).json()) as { items: { id: string; quarantine: { reason: string } }[] };
    assert.deepEqual(items.map(({ id }) => id).sort(), [first, second].sort());
    assert.equal(items[0]?.quarantine.reason, "it died three times");
    await refused(host.send("POST", `/api/v1/quarantine/${first}/release`, { lane: "nope" }), 422, "unknown_lane");
    const released = await host.send("POST", `/api/v1/quarantine/${first}/release`, { lane: "default" });
    assert.equal(released.status, 200);
    assert.equal((await host.control.job(first)).lane, "default");
    assert.equal((await host.send("POST", `/api/v1/quarantine/${second}/discard`)).status, 200);
    assert.equal((await host.control.job(second)).state, "failed");
    await refused(host.send("POST", `/api/v1/quarantine/${second}/discard`), 409, "job_not_quarantined");
    await refused(host.send("POST", "/api/v1/quarantine/j_nope/release"), 404, "job_not_found");
  });
});
