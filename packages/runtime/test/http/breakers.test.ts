import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startTestHost, type TestHost } from "./host.ts";

describe("breakers over HTTP", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  it("are opened, listed page by page, read and reset", async () => {
    for (const name of ["a", "b/c", "d"]) {
      const opened = await host.send("POST", `/api/v1/breakers/${encodeURIComponent(`domain:${name}`)}/trip`, { evidence: "403", for_seconds: 60 });
      assert.equal(opened.status, 200);
    }
    const first = (await (await host.get("/api/v1/breakers?limit=2&state=open")).json()) as { items: { key: string; state: string; open_seconds: number }[]; next_cursor: string };
    assert.deepEqual(
      first.items.map(({ key, state, open_seconds }) => [key, state, open_seconds]),
      [
        ["domain:a", "open", 60],
        ["domain:b/c", "open", 60],
      ],
    );
    const rest = (await (await host.get(`/api/v1/breakers?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`)).json()) as { items: { key: string }[]; next_cursor: null };
    assert.deepEqual([rest.items.map(({ key }) => key), rest.next_cursor], [["domain:d"], null]);
    const read = (await (await host.get(`/api/v1/breakers/${encodeURIComponent("domain:b/c")}`)).json()) as { evidence: string; by: string };
    assert.deepEqual([read.evidence, read.by], ["403", "local"]);
    assert.equal((await host.send("POST", "/api/v1/breakers/domain:a/reset", {})).status, 204);
    const gone = await host.get("/api/v1/breakers/domain:a");
    assert.equal(gone.status, 404);
    assert.equal(((await gone.json()) as { code: string }).code, "breaker_not_found");
  });

  it("refuse what is no time and no state", async () => {
    assert.equal((await host.send("POST", "/api/v1/breakers/x/trip", { evidence: "403", for_seconds: -1 })).status, 400);
    assert.equal((await host.send("POST", "/api/v1/breakers/x/trip", {})).status, 400);
    assert.equal((await host.get("/api/v1/breakers?state=ajar")).status, 400);
    assert.equal((await host.send("POST", "/api/v1/breakers/x/reset", {})).status, 404);
  });

  it("are counted by state, and their trips in all", async () => {
    const text = await (await host.get("/metrics")).text();
    assert.match(text, /^cofferdam_breakers\{state="open"\} 2$/m);
    assert.match(text, /^cofferdam_breakers\{state="half-open"\} 0$/m);
    assert.match(text, /^cofferdam_breaker_trips_total 3$/m);
  });
});
