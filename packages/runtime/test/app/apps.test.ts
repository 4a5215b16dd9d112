// An app with a real process behind it.
import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import type { RuntimeEvent } from "../../src/model/index.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";

const SAMPLE = [join(import.meta.dirname, "programs/sample.ts")];

async function running(harness: Harness, service: string, start: number): Promise<void> {
  const seen = new Set<RuntimeEvent>();
  while (seen.size < start) seen.add(await harness.event((event) => event.kind === "service.running" && event.service === service && !seen.has(event)));
}

describe("an app", () => {
  let harness: Harness;
  let base = "";

  before(async () => {
    harness = await startHarness({ jobs: SAMPLE, http: { port: 0 } });
    base = `${harness.runtime.url}/apps/sample`;
    await answers(1);
  });
  after(() => harness[Symbol.asyncDispose]());

  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${base}${path}`, { redirect: "manual", ...init });

  /** The process of its nth start has told where it listens. */
  async function answers(start: number): Promise<void> {
    await running(harness, "app.sample", start);
  }

  it("brings its jobs, services and schedules, each of them once", async () => {
    const { control } = harness.runtime;
    assert.deepEqual(control.brokenModules(), []);
    assert.deepEqual(
      control.types().map(({ type }) => type),
      ["sample.double"],
    );
    assert.deepEqual(
      control
        .services()
        .map(({ name }) => name)
        .sort(),
      ["app.sample", "sample.ticker"],
    );
    assert.deepEqual(
      (await control.schedules()).map(({ key, type }) => [key, type]),
      [["sample.nightly", "sample.double"]],
    );
    const listed = (await (await fetch(`${harness.runtime.url}/api/v1/apps`)).json()) as { items: { name: string; path: string; answers: boolean }[] };
    assert.deepEqual(
      listed.items.map(({ name, path, answers: does }) => [name, path, does]),
      [["sample", "/apps/sample/", true]],
    );
  });

  it("has its service ask the runtime, which does what it is asked", async () => {
    await running(harness, "sample.ticker", 1);
    const { enqueued } = JSON.parse(harness.runtime.control.service("sample.ticker").data ?? "") as { enqueued: string };
    await harness.reaches(enqueued, "succeeded");
    assert.equal(await harness.runtime.control.document(enqueued, "result"), "8");
  });

  it("serves its pages and its routes, and nothing outside of them", async () => {
    const page = await get("/");
    assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
    assert.match(await page.text(), /<title>sample/);
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'self'/);
    assert.deepEqual([(await get("")).status, (await get("")).headers.get("location")], [308, "/apps/sample/"]);
    assert.deepEqual(await (await get("/where?q=1")).json(), { basePath: "/apps/sample/", query: "1", method: "GET", role: "admin", authorization: null });
    const echoed = await get("/echo", { method: "POST", body: "a".repeat(300_000) });
    assert.deepEqual([echoed.status, echoed.headers.get("x-sample"), (await echoed.text()).length], [201, "yes", 300_000]);
    assert.equal((await get("/nowhere")).status, 404);
    assert.deepEqual(((await (await get("/services")).json()) as string[]).sort(), ["app.sample", "sample.ticker"]);
    assert.deepEqual(await (await get("/refused")).json(), { code: "job_not_found", status: 404 });
    // fetch would take the dots away before it asks.
    assert.equal(await statusOfRaw("/apps/sample/%2e%2e/programs/sample.ts"), 404);
    assert.equal(await statusOfRaw("/apps/sample/..%2fprograms%2fsample.ts"), 404);
    const missing = await fetch(`${harness.runtime.url}/apps/simple/`);
    assert.deepEqual([missing.status, ((await missing.json()) as { code: string }).code], [404, "app_not_found"]);
  });

  it("gets the body of a GET and of a DELETE, too", async () => {
    const { hostname, port } = new URL(base);
    const send = (method: string, path: string): Promise<[number, string]> =>
      new Promise((resolve, reject) => {
        const sent = request(
          { hostname, port, path, method, headers: { "transfer-encoding": "chunked" } },
          (answer) => void text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject),
        );
        sent.on("error", reject);
        sent.end("a body");
      });
    assert.deepEqual(await send("DELETE", "/apps/sample/echo"), [201, "a body"]);
    // A route that answers without reading the body: what it has not read must not cost its answer.
    for (let sent = 0; sent < 100; sent += 1) assert.equal((await send("GET", "/apps/sample/where"))[0], 200);
  });

  it("answers 504 when it takes too long to begin, and counts what it throws", async () => {
    const late = await get("/never");
    assert.deepEqual([late.status, ((await late.json()) as { code: string }).code], [504, "app_timeout"]);
    assert.equal((await get("/throws")).status, 500);
    assert.equal(harness.runtime.control.service("app.sample").lastError?.text, "Error: not today");
  });

  it("may end or spin: the caller is told, the API goes on, and its process begins anew", async () => {
    const ended = await get("/exits");
    assert.deepEqual([ended.status, ((await ended.json()) as { code: string }).code], [502, "app_failed"]);
    await harness.event((event) => event.kind === "service.restarting" && event.service === "app.sample" && event.reason === "failed");
    const down = await get("/where");
    assert.equal(down.status === 503 || down.status === 200, true, String(down.status));
    await answers(2);

    const spinning = get("/spins");
    const live = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${harness.runtime.url}/livez`)).status));
    assert.deepEqual([...new Set(live)], [200]);
    assert.equal((await spinning).status, 504);
    const blocked = await harness.event((event) => event.kind === "attempt.ended" && event.type === "app.sample" && event.cause === "blocked");
    assert.ok(blocked.kind === "attempt.ended" && /sample\.ts/.test(blocked.summary), JSON.stringify(blocked));
    // On a busy machine its silence may last until it counts as stale.
    await harness.event((event) => event.kind === "service.restarting" && event.service === "app.sample" && (event.reason === "died" || event.reason === "stale"));
    await answers(3);
    assert.equal((await get("/where")).status, 200);
  });

  function statusOfRaw(path: string): Promise<number | undefined> {
    const { hostname, port } = new URL(harness.runtime.url ?? "");
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject);
      asked.end();
    });
  }
});

describe("an app behind tokens", () => {
  it("is for those who have a role, and never sees their token", async () => {
    const token = "a".repeat(32);
    await using harness = await startHarness({ jobs: SAMPLE, http: { port: 0, tokens: [{ token, role: "read" }], app: "sample" } });
    await running(harness, "app.sample", 1);
    const headers = { authorization: `Bearer ${token}`, "x-cofferdam-role": "admin" };
    const url = harness.runtime.url ?? "";
    assert.equal((await fetch(`${url}/apps/sample/where`)).status, 401);
    assert.deepEqual(await (await fetch(`${url}/apps/sample/where`, { headers })).json(), {
      basePath: "/apps/sample/",
      query: null,
      method: "GET",
      role: "read",
      authorization: null,
    });
    assert.equal((await fetch(`${url}/apps/sample/echo`, { method: "POST", headers, body: "x" })).status, 403);
    // As the app of the root it answers what the API does not.
    assert.match(await (await fetch(`${url}/`, { headers })).text(), /<title>sample/);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await fetch(`${url}/api/v1/nothing`, { headers })).headers.get("content-type"), "application/problem+json");
  });
});
