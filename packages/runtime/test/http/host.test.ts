import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BUDGET_ADVICE, CHAOS, LEAKS } from "../../src/http/learning-schemas.ts";
import { BROKEN_MODULE, LANE, LEDGER, OPERATION, SCHEDULE, STATS, TRIP, TYPE, WORKER } from "../../src/http/schemas.ts";
import { field, problemOf, startTestHost, type TestHost } from "./host.ts";

describe("the host over HTTP", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  async function read<Body>(path: string): Promise<Body> {
    const response = await host.get(path);
    assert.equal(response.status, 200, path);
    return (await response.json()) as Body;
  }
  async function code(response: Promise<Response>): Promise<readonly [number, string]> {
    const answer = await response;
    return [answer.status, (await problemOf(answer)).code];
  }

  it("lanes: list, read, change, pause and resume, each the same when said twice", async () => {
    const { items } = await read<{ items: unknown[] }>("/api/v1/lanes");
    assert.deepEqual(
      items.map((lane) => LANE.parse(lane).name),
      ["default", "large"],
    );
    assert.equal(LANE.parse(await read("/api/v1/lanes/large")).concurrency, 1);
    assert.equal(LANE.parse(await (await host.send("PATCH", "/api/v1/lanes/large", { concurrency: 3 })).json()).concurrency, 3);
    for (const concurrency of [-1, 1.5, 1001]) assert.deepEqual(await code(host.send("PATCH", "/api/v1/lanes/large", { concurrency })), [400, "invalid_request"]);
    for (let time = 0; time < 2; time += 1) {
      const paused = LANE.parse(await (await host.send("POST", "/api/v1/lanes/large/pause", { reason: "night", until: "2999-01-01T00:00:00Z" })).json());
      assert.deepEqual([paused.dispatch_paused?.reason, paused.dispatch_paused?.until, paused.intake_paused], ["night", "2999-01-01T00:00:00.000Z", null]);
    }
    for (let time = 0; time < 2; time += 1) assert.equal(LANE.parse(await (await host.send("POST", "/api/v1/lanes/large/resume")).json()).dispatch_paused, null);
    assert.deepEqual(await code(host.send("POST", "/api/v1/lanes/large/pause", { until: "2001-01-01T00:00:00Z" })), [400, "invalid_request"]);
    assert.deepEqual(await code(host.get("/api/v1/lanes/nope")), [404, "lane_not_found"]);
    assert.deepEqual(await code(host.send("POST", "/api/v1/lanes/nope/pause", {})), [404, "lane_not_found"]);
    assert.deepEqual(await code(host.send("PATCH", "/api/v1/lanes/nope", { concurrency: 1 })), [404, "lane_not_found"]);
  });

  it("chaos: begin 202, refused while it runs and in production, report, stop", async () => {
    assert.equal(CHAOS.parse(await read("/api/v1/chaos")).state, "idle");
    assert.deepEqual(await code(host.send("POST", "/api/v1/chaos", { rate: 2, for_seconds: 1 })), [400, "invalid_request"]);
    const begun = await host.send("POST", "/api/v1/chaos", { rate: 0.5, for_seconds: 60, faults: ["kill"] });
    assert.deepEqual([begun.status, CHAOS.parse(await begun.json()).state], [202, "running"]);
    assert.deepEqual(await code(host.send("POST", "/api/v1/chaos", { rate: 0.5, for_seconds: 60 })), [409, "chaos_refused"]);
    assert.equal(CHAOS.parse(await (await host.send("DELETE", "/api/v1/chaos")).json()).state, "stopped");
    const production = await startTestHost({ isProduction: true });
    try {
      assert.deepEqual(await code(production.send("POST", "/api/v1/chaos", { rate: 1, for_seconds: 1 })), [409, "chaos_refused"]);
      assert.equal((await production.send("POST", "/api/v1/chaos", { rate: 1, for_seconds: 1, force: true })).status, 202);
      await production.send("DELETE", "/api/v1/chaos");
    } finally {
      await production.close();
    }
  });

  it("budgets and leaks: what was learned", async () => {
    const budgets = ((await read("/api/v1/budgets")) as { items: unknown[] }).items.map((item) => BUDGET_ADVICE.parse(item));
    const echo = budgets.find(({ type }) => type === "echo");
    assert.deepEqual([echo?.observations, echo?.max_bytes, echo?.suggested_bytes, echo?.advice], [30, 100 * 1024 ** 2, 144 * 1024 ** 2, "lower"]);
    assert.equal(budgets.find(({ type }) => type === "strict")?.advice, "unknown");
    const leaks = ((await read("/api/v1/leaks")) as { items: unknown[] }).items.map((item) => LEAKS.parse(item));
    assert.deepEqual([leaks[0]?.type, leaks[0]?.attempts, leaks[0]?.processes, leaks[0]?.heap], ["echo", 30, 30, null]);
  });

  it("trips: list and resume", async () => {
    assert.deepEqual(await read("/api/v1/trips"), { items: [] });
    assert.deepEqual(await code(host.send("POST", "/api/v1/trips/type/echo/resume")), [404, "trip_not_found"]);
    host.crew.trips.set("type echo", { scope: "type", name: "echo", state: "tripped", allowed: 0, full: 4, trips: 2, reason: "20 of 20 failed", sinceMs: 0, untilMs: 60_000 });
    assert.equal((await host.send("POST", "/api/v1/trips/type/echo/resume")).status, 200);
    const { items } = (await read("/api/v1/trips")) as { items: unknown[] };
    assert.deepEqual([items.length, TRIP.parse(items[0]).state], [1, "ramping"]);
    assert.equal(LANE.parse(await (await host.send("POST", "/api/v1/lanes/large/resume", { ramp: true })).json()).held?.state, "ramping");
    host.crew.trips.clear();
  });

  it("the ledger: what is reserved, used and would fit", async () => {
    const ledger = LEDGER.parse(await read("/api/v1/ledger"));
    assert.deepEqual([ledger.limit_source, ledger.capacity_bytes, ledger.reserved_bytes, ledger.gate], ["machine", 7 * 1024 ** 3, 512 * 1024 ** 2, "open"]);
    assert.deepEqual(ledger.fits, [{ lane: "default", type: "echo", need_bytes: 512 * 1024 ** 2, slots: 13 }]);
    assert.deepEqual([ledger.blocked[0]?.type, ledger.blocked[0]?.bypassed, ledger.kept_for], ["big", 3, null]);
  });

  it("lanes: changes at the same time are all made", async () => {
    const changes = [
      host.send("POST", "/api/v1/lanes/large/pause", { what: "dispatch" }),
      host.send("POST", "/api/v1/lanes/large/pause", { what: "intake" }),
      host.send("PATCH", "/api/v1/lanes/large", { concurrency: 0 }),
    ];
    for (const answer of await Promise.all(changes)) assert.equal(answer.status, 200);
    const lane = LANE.parse(await (await host.get("/api/v1/lanes/large")).json());
    assert.deepEqual([lane.dispatch_paused?.reason, lane.intake_paused?.reason, lane.concurrency], ["paused through the API", "paused through the API", 0]);
    for (const what of ["dispatch", "intake"]) await host.send("POST", "/api/v1/lanes/large/resume", { what });
    await host.send("PATCH", "/api/v1/lanes/large", { concurrency: 1 });
  });

  it("schedules: create 201, replace 200, read, pause, run 201, remove 204", async () => {
    const path = "/api/v1/schedules/nightly";
    const created = await host.send("PUT", path, '{"type":"echo","cron":"0 3 * * *","time_zone":"Europe/Vienna","input":{"x":1.0}}');
    assert.equal(created.status, 201);
    assert.equal(SCHEDULE.parse(await created.json()).time_zone, "Europe/Vienna");
    assert.equal((await host.send("PUT", path, '{"type":"echo","cron":"0 4 * * *","input":{"x":1.0}}')).status, 200);
    assert.equal(SCHEDULE.parse(await read(path)).cron, "0 4 * * *");
    assert.equal((await read<{ items: unknown[] }>("/api/v1/schedules")).items.length, 1);
    assert.equal(SCHEDULE.parse(await (await host.send("POST", `${path}/pause`)).json()).next_slot_at, null);
    assert.equal(SCHEDULE.parse(await (await host.send("POST", `${path}/resume`)).json()).paused, false);
    const run = await host.send("POST", `${path}/run`);
    assert.equal(run.status, 201);
    assert.equal(await (await host.get(`${run.headers.get("location")}/input`)).text(), '{"x":1.0}');
    assert.equal((await host.send("DELETE", path)).status, 204);
    for (const [method, address] of [
      ["GET", path],
      ["DELETE", path],
      ["POST", `${path}/run`],
      ["POST", `${path}/pause`],
    ] as const)
      assert.deepEqual(await code(host.send(method, address)), [404, "schedule_not_found"], method);
  });

  it("schedules: what could never run is refused now", async () => {
    const put = (body: unknown, key = "k") => code(host.send("PUT", `/api/v1/schedules/${key}`, body));
    assert.deepEqual(await put({ type: "echo", cron: "nonsense" }), [400, "invalid_option"]);
    assert.deepEqual(await put({ type: "ecko", cron: "* * * * *" }), [422, "unknown_job_type"]);
    assert.deepEqual(await put({ type: "echo", cron: "* * * * *", lane: "nope" }), [422, "unknown_lane"]);
    assert.deepEqual(await put({ type: "strict", cron: "* * * * *" }), [422, "invalid_input"]);
    assert.deepEqual(await put({ type: "echo" }), [400, "invalid_request"]);
    assert.deepEqual(await put({ type: "echo", cron: "* * * * *" }, "a%20b"), [400, "invalid_request"]);
  });

  it("a schedule that a module defines can be paused, not replaced or removed (409)", async () => {
    await host.store.putSchedule({
      key: "defined",
      type: "echo",
      cron: "* * * * *",
      timeZone: "UTC",
      input: "null",
      lane: null,
      overlap: "skip",
      catchUp: "latest",
      origin: "definition",
      paused: false,
      lastSlotMs: null,
      lastJobId: null,
      missed: 0,
      updatedAtMs: 0,
    });
    assert.deepEqual(await code(host.send("PUT", "/api/v1/schedules/defined", { type: "echo", cron: "* * * * *" })), [409, "schedule_defined"]);
    assert.deepEqual(await code(host.send("DELETE", "/api/v1/schedules/defined")), [409, "schedule_defined"]);
    assert.equal((await host.send("POST", "/api/v1/schedules/defined/pause")).status, 200);
  });

  it("workers: listed and recycled; 404 for one that is not there", async () => {
    host.crew.workers.push({
      id: "w_1",
      pid: 77,
      state: "busy",
      startedAtMs: 0,
      attemptsDone: 3,
      attempt: { attemptId: "a_1", jobId: "j_1", type: "echo", lane: "default", sinceMs: 0, stage: null },
      handedAhead: 0,
      memoryBytes: 1000,
      memoryLimitBytes: null,
      kept: [{ pid: 99, what: "Chromium b-1", processes: 6, memoryBytes: 5000 }],
      tasks: 14,
      tier: "scan",
    });
    const { items } = await read<{ items: unknown[] }>("/api/v1/workers");
    assert.equal(WORKER.parse(items[0]).attempt?.job_id, "j_1");
    assert.deepEqual(WORKER.parse(items[0]).kept, [{ pid: 99, what: "Chromium b-1", processes: 6, memory_bytes: 5000 }]);
    assert.equal((await host.send("POST", "/api/v1/workers/w_1/recycle")).status, 202);
    assert.deepEqual(host.crew.recycled, ["w_1"]);
    assert.deepEqual(await code(host.send("POST", "/api/v1/workers/w_2/recycle")), [404, "worker_not_found"]);
    host.crew.workers.length = 0;
  });

  it("types, broken modules, stats, version", async () => {
    host.broken.push({ moduleUrl: "file:///jobs/bad.ts", message: "Unexpected token", at: "bad.ts:3:1", stack: null });
    const types = await read<{ items: unknown[]; broken: unknown[] }>("/api/v1/types");
    assert.deepEqual(
      types.items.map((type) => TYPE.parse(type).type),
      ["echo", "strict", "big"],
    );
    assert.equal(BROKEN_MODULE.parse(types.broken[0]).at, "bad.ts:3:1");
    const hint = (await (await host.send("POST", "/api/v1/jobs", { type: "bad" })).json()) as { hint: string };
    assert.match(hint.hint, /bad\.ts:3:1/);
    host.broken.length = 0;
    await host.add({ priority: 100, tags: ["stats"] });
    await host.settle(await host.claim(), { kind: "complete" });
    const stats = STATS.parse(await read("/api/v1/stats"));
    assert.equal(stats.types.find(({ type }) => type === "echo")?.by_cause.succeeded, 1);
    STATS.parse(await read("/api/v1/stats?since=2020-01-01T00:00:00Z"));
    assert.deepEqual(await code(host.get("/api/v1/stats?since=nope")), [400, "invalid_request"]);
    assert.deepEqual(Object.keys(await read<object>("/api/v1/version")), ["version", "node"]);
  });

  it("backup writes a file beside the running store and refuses to overwrite", async () => {
    const file = join(host.directory, "copy.db");
    const response = await host.send("POST", "/api/v1/backup", { file });
    assert.equal(response.status, 201);
    assert.ok((await stat(file)).size > 0);
    assert.ok((await host.send("POST", "/api/v1/backup", { file })).status >= 400);
    assert.deepEqual(await code(host.send("POST", "/api/v1/backup", { file: "relative.db" })), [400, "invalid_request"]);
  });

  it("operations: a dry run counts, the real one changes chunk by chunk and can be asked about", async () => {
    const jobs = Array.from({ length: 450 }, () => ({ type: "echo", tags: ["bulk"] }));
    await host.send("POST", "/api/v1/batches", { jobs });
    const filter = { tag: "bulk" };
    const dry = await host.send("POST", "/api/v1/operations", { action: "cancel", filter, dry_run: true });
    assert.deepEqual([dry.status, await dry.json()], [200, { dry_run: true, action: "cancel", matched: 450, capped: false }]);
    const begun = await host.send("POST", "/api/v1/operations", { action: "cancel", filter, reason: "no longer needed" });
    assert.equal(begun.status, 202);
    const done = await finished(begun.headers.get("location") ?? "");
    assert.deepEqual([done.seen, done.changed, done.skipped, done.failed], [450, 450, 0, 0]);
    assert.equal(await host.control.countJobs({ states: ["cancelled"], tag: "bulk" }, 1000), 450);
    const again = OPERATION.parse(await (await host.send("POST", "/api/v1/operations", { action: "retry", filter })).json());
    assert.equal((await finished(`/api/v1/operations/${again.id}`)).changed, 450);
    const removed = await host.send("POST", "/api/v1/operations", { action: "remove", filter: { ...filter, state: ["ready"] } });
    assert.equal((await finished(removed.headers.get("location") ?? "")).changed, 450);
  });

  it("operations: an empty filter, a senseless state and an unknown id are refused", async () => {
    const post = (body: unknown) => code(host.send("POST", "/api/v1/operations", body));
    assert.deepEqual(await post({ action: "cancel", filter: {} }), [400, "invalid_request"]);
    assert.deepEqual(await post({ action: "cancel", filter: { state: ["succeeded"] } }), [400, "invalid_request"]);
    assert.deepEqual(await post({ action: "explode", filter: { tag: "x" } }), [400, "invalid_request"]);
    assert.deepEqual(await code(host.get("/api/v1/operations/o_nope")), [404, "operation_not_found"]);
  });

  /** Asks until it has ended; each answer comes after at least one more turn of the runtime's loop. */
  async function finished(path: string): Promise<ReturnType<typeof OPERATION.parse>> {
    for (;;) {
      const operation = OPERATION.parse(await read(path));
      if (operation.state !== "running") return operation;
    }
  }

  it("probes follow the phase; health fails with 503 once stopped", async () => {
    const statuses = async () => Promise.all(["/livez", "/readyz", "/startupz", "/healthz"].map(async (path) => (await host.get(path)).status));
    assert.deepEqual(await statuses(), [200, 200, 200, 200]);
    host.setPhase("starting");
    assert.deepEqual(await statuses(), [200, 503, 503, 200]);
    host.setPhase("draining");
    assert.deepEqual(await statuses(), [200, 503, 200, 200]);
    host.setPhase("stopped");
    assert.deepEqual(await statuses(), [503, 503, 200, 503]);
    host.setPhase("running");
    const health = await host.get("/healthz");
    assert.equal(health.headers.get("content-type"), "application/health+json");
    const body = (await health.json()) as { status: string; checks: Record<string, { observedValue: unknown }[]>; enforcement: { tier: string } };
    assert.equal(body.status, "pass");
    assert.equal(body.enforcement.tier, "scan");
    assert.equal(body.checks["store:writable"]?.[0]?.observedValue, true);
  });

  it("metrics as Prometheus text and as OpenMetrics; requests are counted by route", async () => {
    const text = await (await host.get("/metrics")).text();
    assert.match(text, /cofferdam_attempts_total\{lane="default",type="echo",outcome="oom"\} 0/);
    assert.match(text, /cofferdam_http_request_duration_seconds_count\{method="POST",route="\/api\/v1\/operations",code="202"\}/);
    assert.doesNotMatch(text, /\b(job|pid|id)="/);
    const open = await host.get("/metrics", { accept: "application/openmetrics-text" });
    assert.match(open.headers.get("content-type") ?? "", /^application\/openmetrics-text/);
    assert.match(await open.text(), /# EOF\n$/);
  });

  it("the type of a problem leads to what it means", async () => {
    const { type } = await problemOf(await host.get("/api/v1/jobs/j_nope"));
    const page = await host.get(type);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /There is no such job/);
    assert.deepEqual(await code(host.get("/errors/nope")), [404, "route_not_found"]);
  });

  it("the OpenAPI document describes every route", async () => {
    const document = await read<{ openapi: string; paths: Record<string, Record<string, { responses: object; requestBody?: object }>> }>("/openapi.json");
    assert.equal(document.openapi, "3.1.0");
    assert.ok(document.paths["/api/v1/jobs"]?.post?.requestBody);
    assert.ok(document.paths["/api/v1/jobs/{id}/attempts/{n}/logs"]?.get);
    assert.deepEqual(Object.keys(document.paths["/api/v1/jobs/{id}"] ?? {}).sort(), ["delete", "get", "patch"]);
  });
});

describe("a store that can no longer be written", () => {
  it("is not ready and not healthy, but alive", async () => {
    const host = await startTestHost({ storeHealth: { writable: false, detail: "disk full" } });
    try {
      const probes = await Promise.all(["/livez", "/readyz", "/startupz", "/healthz"].map(async (path) => (await host.get(path)).status));
      assert.deepEqual(probes, [200, 503, 200, 503]);
    } finally {
      await host.close();
    }
  });

  it("503 store_full, for one job and for a batch; what was taken is there", async () => {
    const host = await startTestHost({ pagesMax: 200 });
    try {
      const taken: string[] = [];
      let refusal: Response | null = null;
      while (refusal === null) {
        const response = await host.send("POST", "/api/v1/jobs", { type: "echo", input: "x".repeat(50_000) });
        if (response.ok) taken.push(field(await response.json(), "id"));
        else refusal = response;
      }
      assert.deepEqual([refusal.status, (await problemOf(refusal)).code], [503, "store_full"]);
      const batch = await host.send("POST", "/api/v1/batches", { jobs: [{ type: "echo", input: "x".repeat(50_000) }] });
      assert.deepEqual([batch.status, (await problemOf(batch)).code], [503, "store_full"]);
      assert.ok(taken.length > 0);
      for (const id of taken) assert.equal((await host.get(`/api/v1/jobs/${id}`)).status, 200);
    } finally {
      await host.close();
    }
  });

  it("503 store_closed for what needs it; livez still answers", async () => {
    const host = await startTestHost();
    await host.store.close();
    const response = await host.send("POST", "/api/v1/jobs", { type: "echo" });
    assert.deepEqual([response.status, (await problemOf(response)).code], [503, "store_closed"]);
    assert.equal((await host.get("/livez")).status, 200);
    assert.equal((await host.get("/metrics")).status, 200);
    await host.close();
  });
});
