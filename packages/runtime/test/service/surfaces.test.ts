// Services and breakers as operators meet them: over HTTP and on the command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { RuntimeEvent } from "../../src/model/index.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";
import { runCli, type Ended } from "../spawn-cli.ts";

describe("services over HTTP and on the command line", () => {
  let harness: Harness;
  let url = "";

  before(async () => {
    harness = await startHarness({ jobs: [join(import.meta.dirname, "jobs/steady.ts")], http: { port: 0 } });
    url = harness.runtime.url ?? "";
    await running(1);
  });
  after(() => harness[Symbol.asyncDispose]());

  async function running(start: number): Promise<void> {
    const seen = new Set<RuntimeEvent>();
    while (seen.size < start) seen.add(await harness.event((event) => event.kind === "service.running" && !seen.has(event)));
  }

  const cli = (...args: readonly string[]): Promise<Ended> => runCli([...args, "--url", url], { directory: harness.directory });
  const post = (path: string, body: object = {}): Promise<Response> =>
    fetch(`${url}/api/v1/services/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  it("show the health document", async () => {
    const document = (await (await fetch(`${url}/api/v1/services/steady`)).json()) as Record<string, unknown>;
    const { state, wish, freshness_seconds, updates, restarts, restart_requested, should_restart, reasons, data, pids_limit } = document;
    assert.deepEqual(
      { state, wish, freshness_seconds, restarts, restart_requested, should_restart, reasons, data, pids_limit },
      {
        state: "running",
        wish: "run",
        freshness_seconds: 60,
        restarts: 0,
        restart_requested: false,
        should_restart: false,
        reasons: [],
        data: { starts: 1, scrapers: [{ status: "running" }] },
        pids_limit: 64,
      },
    );
    assert.ok(typeof updates === "number" && updates >= 1);
    assert.ok(typeof document.staleness_seconds === "number" && document.staleness_seconds < 60);
    const { out } = await cli("services");
    assert.match(out, /^SERVICE +STATE +STALENESS/);
    assert.match(out, /^steady +running +.* of 1 min/m);
    assert.match((await cli("services", "show", "steady")).out, /errors +1 recent, 1 in all; the last one: Error: a small one/);
  });

  it("are recycled, stopped and started", async () => {
    assert.equal((await post("steady/recycle", { reason: "new cookies" })).status, 200);
    await running(2);
    const stopped = await cli("services", "stop", "steady");
    assert.equal(stopped.code, 0, stopped.err);
    await harness.event((event) => event.kind === "service.stopped");
    const refused = await post("steady/recycle");
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [409, "service_not_running"]);
    assert.equal((await cli("services", "start", "steady")).code, 0);
    await running(3);
    assert.deepEqual([(await post("stedy/stop")).status, (await cli("services", "show", "stedy")).code], [404, 4]);
    const { out } = await cli("services", "--json");
    const [service] = (JSON.parse(out) as { items: { name: string; restarts: number; last_restart: { reason: string; text: string } }[] }).items;
    assert.deepEqual([service?.restarts, service?.last_restart.reason, service?.last_restart.text], [1, "asked", "new cookies"]);
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /^cofferdam_service_up\{service="steady"\} 1$/m);
    assert.match(text, /^cofferdam_service_restarts_total\{service="steady",reason="asked"\} 1$/m);
    assert.match(text, /^cofferdam_service_restarts_total\{service="steady",reason="stale"\} 0$/m);
  });

  it("have breakers beside them, listed and reset on the command line", async () => {
    assert.match((await cli("breakers")).err, /every breaker is closed/);
    await harness.runtime.control.tripBreaker("domain:example.com", { by: "test", evidence: "403 with a challenge", forMs: 600_000 });
    assert.match((await cli("breakers")).out, /^domain:example\.com +open +in .* +1 +0 +.* 403 with a challenge$/m);
    assert.equal((await cli("breakers", "reset", "domain:example.com")).code, 0);
    assert.equal((await cli("breakers", "reset", "domain:example.com")).code, 4);
  });
});
