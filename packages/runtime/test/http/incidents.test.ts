import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { describeOccurrence } from "../../src/incident/index.ts";
import { attemptOf, startTestHost, type TestHost } from "./host.ts";

interface Listed {
  readonly items: readonly { readonly id: string; readonly state: string; readonly count: number; readonly cause: string }[];
  readonly next_cursor: string | null;
}

describe("incidents over HTTP", () => {
  let host: TestHost;
  let id = "";
  before(async () => {
    host = await startTestHost();
    for (let time = 0; time < 2; time += 1) {
      await host.add({ input: { path: "x" } });
      const lease = await host.claim();
      const next = { kind: "quarantine", counts: "death", reason: "it died" } as const;
      const attempt = attemptOf(lease, next);
      const occurrence = describeOccurrence(attempt, "r1");
      assert.ok(occurrence !== null);
      id = occurrence.incidentId;
      await host.store.settle([{ lease, next, attempt, result: null, occurrence }]);
    }
  });
  after(() => host.close());

  it("are listed, and filtered by state, type and cause", async () => {
    const all = (await (await host.get("/api/v1/incidents")).json()) as Listed;
    assert.deepEqual(
      all.items.map((item) => [item.id, item.state, item.count, item.cause]),
      [[id, "open", 2, "over-memory"]],
    );
    assert.equal(all.next_cursor, null);
    assert.equal(((await (await host.get("/api/v1/incidents?state=resolved")).json()) as Listed).items.length, 0);
    assert.equal(((await (await host.get("/api/v1/incidents?type=echo&cause=over-memory")).json()) as Listed).items.length, 1);
    assert.equal((await host.get("/api/v1/incidents?state=gone")).status, 400);
  });

  it("have a report as JSON, as Markdown and as text, by Accept", async () => {
    const json = await host.get(`/api/v1/incidents/${id}`);
    const report = (await json.json()) as { version: number; incident: { id: string }; impact: { fact: string; value: unknown }[]; cause: { cause: string } };
    assert.equal(report.version, 1);
    assert.equal(report.incident.id, id);
    assert.equal(report.cause.cause, "over-memory");
    assert.ok(report.impact.some(({ fact, value }) => fact === "attempts lost" && value === 2));
    const markdown = await host.get(`/api/v1/incidents/${id}`, { accept: "text/markdown" });
    assert.equal(markdown.headers.get("content-type"), "text/markdown; charset=utf-8");
    assert.match(await markdown.text(), /^# echo: over-memory/);
    const text = await host.get(`/api/v1/incidents/${id}`, { accept: "text/plain" });
    assert.match(await text.text(), /## What to do/);
    assert.equal((await host.get(`/api/v1/incidents/i_none`)).status, 404);
  });

  it("are acknowledged, resolved and opened again, with notes; what may not be is refused", async () => {
    const patch = (body: object) => host.send("PATCH", `/api/v1/incidents/${id}`, body);
    assert.equal((await patch({ state: "acknowledged", note: "looking at it" })).status, 200);
    const resolved = (await (await patch({ state: "resolved", resolved_in_release: "r2" })).json()) as {
      state: string;
      resolved_in_release: string;
      notes: { by: string; text: string }[];
    };
    assert.equal(resolved.state, "resolved");
    assert.equal(resolved.resolved_in_release, "r2");
    assert.equal(resolved.notes[0]?.text, "looking at it");
    assert.equal((await patch({ state: "acknowledged" })).status, 409);
    assert.equal((await patch({ state: "regressed" })).status, 400);
    assert.equal((await patch({ state: "open" })).status, 200);
    assert.equal((await host.send("PATCH", "/api/v1/incidents/i_none", { note: "x" })).status, 404);
  });

  it("lead to the flight record of their last attempt", async () => {
    const { incident } = (await (await host.get(`/api/v1/incidents/${id}`)).json()) as { incident: { last_job_id: string; last_attempt_id: string } };
    const flight = await host.get(`/api/v1/jobs/${incident.last_job_id}/attempts/1/flight`);
    assert.equal(flight.status, 200);
    assert.equal(((await flight.json()) as { attempt_id: string }).attempt_id, incident.last_attempt_id);
    assert.equal((await host.get(`/api/v1/jobs/${incident.last_job_id}/attempts/9/flight`)).status, 404);
  });

  it("profile nothing that does not run", async () => {
    const job = await host.add({ input: { path: "x" } });
    assert.equal((await host.send("POST", `/api/v1/jobs/${job}/profile`, { kind: "cpu", seconds: 0.1 })).status, 409);
    assert.equal((await host.send("POST", `/api/v1/jobs/${job}/profile`, { seconds: 61 })).status, 400);
    assert.equal((await host.send("POST", "/api/v1/jobs/j_none/profile", {})).status, 404);
  });

  it("are put under watch by rules", async () => {
    const put = (rules: unknown) => host.send("POST", `/api/v1/incidents/${id}/validations`, { rules });
    const created = await put(["pids < 150 for 24h", "occurrences < 1 for 24h"]);
    assert.equal(created.status, 201);
    const validation = (await created.json()) as { state: string; rules: { rule: { metric: string; for_seconds: number } }[] };
    assert.equal(validation.state, "watching");
    assert.deepEqual(validation.rules[0]?.rule, { metric: "pids", below: 150, for_seconds: 86_400 });
    assert.equal((await put(["speed < 1 for 1h"])).status, 400);
    assert.equal((await put([])).status, 400);
    assert.match(await (await host.get(`/api/v1/incidents/${id}`, { accept: "text/plain" })).text(), /pids below 150 for 24 h: watching/);
  });

  it("are counted as long as they are not resolved", async () => {
    const text = await (await host.get("/metrics")).text();
    assert.match(text, /^cofferdam_incidents_open\{cause="over-memory"\} 1$/m);
    assert.match(text, /^cofferdam_incidents_open\{cause="killed"\} 0$/m);
    assert.match(text, /^cofferdam_incidents_total\{cause="over-memory"\} 0$/m);
    assert.match(text, /^cofferdam_incident_write_failures_total 0$/m);
  });
});
