// Where pages may lead us: the rule of this workload, over real sockets.
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { cleanUp, serveOnLoopback } from "workload-command-line/testing";
import type { Resolve } from "workload-public-addresses";
import { createAddressGuard } from "../src/fetch/address-guard.ts";
import { createHttpClient, type HttpAnswer } from "../src/fetch/http-client.ts";

interface Site {
  readonly port: number;
  /** Hosts and paths that were asked for. */
  readonly asked: string[];
}

/** Redirects `/to?URL`, answers everything else. */
async function serve(test: TestContext): Promise<Site> {
  const asked: string[] = [];
  const port = await serveOnLoopback(test, ({ headers, url = "" }, response) => {
    asked.push(`${headers.host?.split(":")[0] ?? ""}${url}`);
    const location = url.startsWith("/to?") ? decodeURIComponent(url.slice(4)) : null;
    response.writeHead(location === null ? 200 : 302, location === null ? {} : { location }).end("page");
  });
  return { port, asked };
}

/** One name, and what it leads to with each look-up; the last answer stays. */
function resolver(...answers: readonly (readonly string[])[]): { readonly resolve: Resolve; readonly count: () => number } {
  let count = 0;
  const resolve: Resolve = (_name, answer) => {
    const found = answers[Math.min(count, answers.length - 1)] ?? [];
    count += 1;
    answer(
      null,
      found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { resolve, count: () => count };
}

function clientFor(test: TestContext, trustedUrl: string, resolve: Resolve): (url: string) => Promise<HttpAnswer> {
  const client = createHttpClient([trustedUrl], resolve);
  cleanUp(test, () => client.close());
  return (url) => client.get(url, { signal: new AbortController().signal, timeoutMs: 60_000 });
}

describe("addresses that pages lead to", () => {
  it("are asked only when they are public, or configured", async (test) => {
    const { port, asked } = await serve(test);
    const { resolve } = resolver(["127.0.0.1"]);
    const get = clientFor(test, "http://source.test/", resolve);
    assert.equal((await get(`http://source.test:${port}/`)).body, "page");
    for (const host of ["127.0.0.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "100.64.0.1"])
      await assert.rejects(get(`http://${host}:${port}/secret`), { problem: "address", message: /is an address of a private network$/ }, host);
    await assert.rejects(get(`http://elsewhere.test:${port}/secret`), { problem: "address", message: "elsewhere.test is an address of a private network" });
    assert.deepEqual(asked, ["source.test/"]);
  });

  it("are checked again where a redirect leads; the redirect itself is not followed", async (test) => {
    const { port, asked } = await serve(test);
    const get = clientFor(test, "http://source.test/", resolver(["127.0.0.1"]).resolve);
    for (const target of [`http://127.0.0.1:${port}/secret`, `http://elsewhere.test:${port}/secret`]) {
      const { status, location } = await get(`http://source.test:${port}/to?${encodeURIComponent(target)}`);
      assert.deepEqual([status, location], [302, target]);
      await assert.rejects(get(target), { problem: "address" });
    }
    assert.ok(
      asked.every((each) => each.startsWith("source.test/to?")),
      asked.join(),
    );
  });

  it("are looked up once for a connection, which goes to what was checked", async (test) => {
    const { port } = await serve(test);
    const names = resolver(["127.0.0.1"], ["10.0.0.1"]);
    const get = clientFor(test, "http://source.test/", names.resolve);
    assert.equal((await get(`http://source.test:${port}/`)).body, "page");
    assert.equal(names.count(), 1);
  });

  it("of a name that leads inside as well: only the public ones", async () => {
    const guard = createAddressGuard(new Set(), resolver(["10.0.0.1", "93.184.216.34", "::1"]).resolve);
    const found = await new Promise((resolve) => guard.lookup("mixed.test", { all: true }, (error, addresses) => resolve(error ?? addresses)));
    assert.deepEqual(found, [{ address: "93.184.216.34", family: 4 }]);
  });
});
