import assert from "node:assert/strict";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { createHttpServer, checkListen } from "../../src/http/index.ts";
import { problemOf, startTestHost, type TestHost } from "./host.ts";

const READ = "read-token-0123456789";
const OPERATE = "operate-token-0123456789";
const ADMIN = "admin-token-0123456789";

/** fetch cannot send a Host or Sec-Fetch-Site of its own choice. */
function rawRequest(
  url: string,
  options: { readonly method: string; readonly path: string; readonly headers: Record<string, string>; readonly body?: string },
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${options.path}`, { method: options.method, headers: options.headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on("error", reject).end(options.body);
  });
}

describe("who may ask", () => {
  let host: TestHost;
  before(async () => {
    const tokens = [
      { token: READ, role: "read" as const },
      { token: OPERATE, role: "operate" as const },
      { token: ADMIN, role: "admin" as const },
    ];
    host = await startTestHost({ options: { tokens } });
  });
  after(() => host.close());
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it("401 with WWW-Authenticate, without a token and with a wrong one", async () => {
    const without = await host.get("/api/v1/jobs");
    assert.equal(without.status, 401);
    assert.equal(without.headers.get("www-authenticate"), 'Bearer realm="cofferdam"');
    assert.equal((await problemOf(without)).code, "unauthenticated");
    const wrong = await host.get("/api/v1/jobs", bearer("wrong-token-0123456789"));
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers.get("www-authenticate"), 'Bearer realm="cofferdam", error="invalid_token"');
  });

  it("403 names the role that is needed", async () => {
    assert.equal((await host.get("/api/v1/jobs", bearer(READ))).status, 200);
    const response = await host.send("POST", "/api/v1/jobs", { type: "echo" }, bearer(READ));
    const problem = await problemOf(response);
    assert.deepEqual([response.status, problem.code], [403, "forbidden"]);
    assert.match(problem.detail, /role operate/);
    assert.equal((await host.send("POST", "/api/v1/jobs", { type: "echo" }, bearer(OPERATE))).status, 201);
    assert.equal((await host.send("POST", "/api/v1/backup", { file: "/x" }, bearer(OPERATE))).status, 403);
    assert.equal((await host.send("POST", "/api/v1/backup", { file: "relative" }, bearer(ADMIN))).status, 400);
  });

  it("probes are open; health shows its details only to those with a token; metrics need one", async () => {
    for (const probe of ["/livez", "/readyz", "/startupz"]) assert.equal((await host.get(probe)).status, 200, probe);
    assert.deepEqual(await (await host.get("/healthz")).json(), { status: "pass" });
    const details = (await (await host.get("/healthz", bearer(READ))).json()) as { checks: unknown };
    assert.ok(details.checks);
    assert.equal((await host.get("/metrics")).status, 401);
    assert.equal((await host.get("/metrics", bearer(READ))).status, 200);
  });
});

describe("where a request comes from", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ options: { allowedHosts: ["jobs.example"] } });
  });
  after(() => host.close());

  it("the Host must be on the list, so that a rebound name reaches nothing", async () => {
    const ask = (name: string) => rawRequest(host.url, { method: "GET", path: "/api/v1/version", headers: { host: name } });
    const refused = await ask("evil.example");
    assert.deepEqual([refused.status, (JSON.parse(refused.body) as { code: string }).code], [403, "host_not_allowed"]);
    for (const name of ["localhost:7070", "127.0.0.1", "[::1]:7070", "jobs.example"]) assert.equal((await ask(name)).status, 200, name);
    assert.equal((await rawRequest(host.url, { method: "GET", path: "/livez", headers: { host: "10.0.0.7:7070" } })).status, 200);
  });

  it("a page of another site may not change anything, with or without Sec-Fetch-Site", async () => {
    const post = (headers: Record<string, string>) =>
      rawRequest(host.url, { method: "POST", path: "/api/v1/jobs", headers: { "content-type": "application/json", ...headers }, body: '{"type":"echo"}' });
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "http://evil.example" }, { origin: "null" }]) {
      const refused = await post(headers);
      assert.deepEqual([refused.status, (JSON.parse(refused.body) as { code: string }).code], [403, "cross_site_request"], JSON.stringify(headers));
    }
    for (const headers of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, { origin: host.url }])
      assert.equal((await post(headers)).status, 201, JSON.stringify(headers));
  });

  it("strict headers and a request id on everything", async () => {
    for (const path of ["/api/v1/jobs", "/livez", "/nope", "/openapi.json", "/api/v1/jobs/j_nope"]) {
      const { headers } = await host.get(path, { "x-request-id": "my-id.1" });
      assert.equal(headers.get("x-request-id"), "my-id.1", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'/);
    }
    const own = (await host.get("/livez", { "x-request-id": "not valid!" })).headers.get("x-request-id") ?? "";
    assert.match(own, /^q_[0-9a-f]{32}$/);
  });

  it("what is not HTTP gets a problem too", async () => {
    const { port } = new URL(host.url);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      socket.on("end", () => resolve(text)).on("error", reject);
    });
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.match(answer, /application\/problem\+json/);
  });
});

describe("where it listens", () => {
  it("refuses anything beyond loopback without a token, and tokens that can be guessed", async () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.7", "example.org"]) assert.throws(() => checkListen({ host, tokens: [] }), { code: "unsafe_listen" }, host);
    for (const host of ["127.0.0.1", "localhost", "::1", "127.0.1.1"]) checkListen({ host, tokens: [] });
    checkListen({ host: "0.0.0.0", tokens: [{ token: READ, role: "read" }] });
    assert.throws(() => checkListen({ host: "0.0.0.0", tokens: [{ token: "short", role: "admin" }] }), { code: "invalid_option" });
    await assert.rejects(startAt("0.0.0.0", 0), { code: "unsafe_listen" });
  });

  it("port_in_use when somebody is there already", async () => {
    const first = await startTestHost();
    try {
      await assert.rejects(startAt("127.0.0.1", Number(new URL(first.url).port)), { code: "port_in_use" });
    } finally {
      await first.close();
    }
  });
});

async function startAt(host: string, port: number): Promise<void> {
  const other = await startTestHost();
  try {
    const { control, metrics, store } = other;
    const { silentLogger, systemChance, systemClock } = await import("../../src/platform/index.ts");
    const options = { host, port, tokens: [], allowedHosts: [], inputBytesMax: 1000, version: "0.1.0" };
    await createHttpServer({ control, metrics, journal: store, options, logger: silentLogger, clock: systemClock, chance: systemChance }).listen();
  } finally {
    await other.close();
  }
}
