// What a browser may ask for: everything goes through the checked proxy, and what the guard refuses is never connected to.
import assert from "node:assert/strict";
import { request, type IncomingMessage } from "node:http";
import { it } from "node:test";
import { cleanUp, makeDirectory, serveOnLoopback, type Cleaned } from "workload-command-line/testing";
import { startCheckedProxy } from "../src/guard/checked-proxy.ts";
import { fetchPage } from "../src/fetch/fetch-page.ts";
import { createGuard, type Guard } from "../src/guard/guard.ts";
import { browse } from "./workbench.ts";

/** The names of a small world: outer.test is served here, inner.test leads inside. */
function worldGuard(): Guard {
  const open = createGuard(true, (name, callback) => callback(null, [{ address: name === "inner.test" ? "10.0.0.1" : "127.0.0.1", family: 4 }]));
  const closed = createGuard(false, (_name, callback) => callback(null, [{ address: "10.0.0.1", family: 4 }]));
  return {
    check: (url) => (url.hostname === "outer.test" ? open : closed).check(url),
    checkHost: (host) => (host === "outer.test" ? open : closed).checkHost(host),
    lookup: (name, options, callback) => (name === "outer.test" ? open : closed).lookup(name, options, callback),
  };
}

interface Served {
  readonly port: number;
  readonly asked: string[];
}

async function serve(test: Cleaned, page: (url: string, port: number) => { readonly status?: number; readonly location?: string; readonly body?: string }): Promise<Served> {
  const asked: string[] = [];
  const port: number = await serveOnLoopback(test, (incoming, response) => {
    asked.push(`${incoming.headers.host ?? ""}${incoming.url ?? ""}`);
    const { status = 200, location, body = "" } = page(incoming.url ?? "", port);
    response.writeHead(status, { "content-type": "text/html", ...(location === undefined ? {} : { location }) }).end(body);
  });
  return { port, asked };
}

it("requests and tunnels: what may be asked is handed on, what may not is neither connected to nor answered", async (test) => {
  const site = await serve(test, () => ({ body: "hello" }));
  const proxy = await startCheckedProxy({ guard: worldGuard(), bytesMax: 1_000_000 });
  cleanUp(test, () => proxy.close());
  const { hostname, port } = new URL(proxy.url);
  const through = (options: { readonly path: string; readonly method?: string }): Promise<string> =>
    new Promise((resolve) => {
      const asked = request({ hostname, port, headers: { host: "x" }, ...options });
      asked.on("connect", (answer: IncomingMessage, socket) => {
        socket.destroy();
        resolve(`tunnel ${answer.statusCode}`);
      });
      asked.on("response", (answer) => answer.setEncoding("utf8").on("data", (text: string) => resolve(text)));
      asked.on("error", () => resolve("cut"));
      asked.end();
    });
  assert.equal(await through({ path: `http://outer.test:${site.port}/` }), "hello");
  assert.equal(await through({ path: `outer.test:${site.port}`, method: "CONNECT" }), "tunnel 200");
  for (const host of ["inner.test", "127.0.0.1", "localhost", "169.254.169.254", "[::1]"]) {
    assert.equal(await through({ path: `http://${host}:${site.port}/secret` }), "cut", host);
    assert.equal(await through({ path: `${host}:${site.port}`, method: "CONNECT" }), "tunnel 502", host);
  }
  assert.equal(proxy.failureOf("inner.test")?.message, "Private address refused: inner.test is 10.0.0.1");
  assert.deepEqual(site.asked, ["x/"]);
});

it("the plain request: each redirect is checked, and so is each connection, whatever the name led to before", async (test) => {
  const site = await serve(test, (url, port) =>
    url === "/page" ? { body: "hello" } : { status: 302, location: url.startsWith("/to/") ? `http://${url.slice(4)}:${port}/secret` : `http://outer.test:${port}/page` },
  );
  const fetchFrom = async (path: string, guard: Guard): Promise<string> => {
    const options = { guard, signal: new AbortController().signal, userAgent: "test", bodyBytesMax: 1_000_000 };
    return String((await fetchPage(`http://outer.test:${site.port}${path}`, options)).bytes);
  };
  assert.equal(await fetchFrom("/again", worldGuard()), "hello");
  for (const [host, why] of [
    ["inner.test", "Private address refused: inner.test is 10.0.0.1"],
    ["127.1", "Private address refused: 127.0.0.1"],
    ["[::ffff:127.0.0.1]", "Private address refused: ::ffff:7f00:1"],
    ["169.254.169.254", "Private address refused: 169.254.169.254"],
  ] as const) {
    await assert.rejects(fetchFrom(`/to/${host}`, worldGuard()), { name: "RefusedTarget", message: why });
  }
  // The name leads inside by the time of the redirect.
  const lookups = [worldGuard().lookup, createGuard(false, (_name, answer) => answer(null, [{ address: "10.0.0.1", family: 4 }])).lookup];
  const turncoat: Guard = { ...worldGuard(), lookup: (...asked) => lookups.shift()?.(...asked) };
  await assert.rejects(fetchFrom("/again", turncoat), { message: "Private address refused: outer.test is 10.0.0.1" });
  assert.equal(lookups.length, 0);
  assert.deepEqual(
    site.asked.filter((asked) => !asked.startsWith("outer.test:") || asked.includes("secret")),
    [],
  );
});

it("a page's frames, scripts, requests and redirects do not reach what is refused; nor does the page itself", async (test) => {
  const words = Array.from({ length: 40 }, (_, index) => `<p>quiet paragraph ${index}</p>`).join("\n");
  const site = await serve(test, (url, port) => {
    if (url === "/leads-inside") return { status: 302, location: `http://inner.test:${port}/secret` };
    return {
      body: `<script src="http://inner.test:${port}/secret.js"></script><iframe src="http://127.0.0.1:${port}/secret"></iframe><script>fetch("http://localhost:${port}/secret").catch(() => {})</script>${words}`,
    };
  });
  const scratch = await makeDirectory(test, "domain-risk-test");
  const browseFrom = (path: string): Promise<string> => browse(`http://outer.test:${site.port}${path}`, { guard: worldGuard(), scratch });
  assert.match(await browseFrom("/"), /quiet paragraph 39/);
  await assert.rejects(browseFrom("/leads-inside"), { message: "Browser error: Private address refused: inner.test is 10.0.0.1" });
  assert.deepEqual(
    site.asked.filter((asked) => !asked.startsWith("outer.test")),
    [],
  );
  assert.ok(site.asked.every((asked) => !asked.includes("secret")));
});
