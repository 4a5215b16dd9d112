import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { refusalOf } from "../src/guard.ts";
import { listen } from "../src/index.ts";
import { cleanUp } from "../src/testing/index.ts";

describe("who asks a service on loopback", () => {
  const cases: readonly (readonly [name: string, listensOn: string, method: string, headers: IncomingMessage["headers"], refused: string | null])[] = [
    ["a program", "127.0.0.1", "POST", { host: "127.0.0.1:8000" }, null],
    ["a program, by name", "127.0.0.1", "POST", { host: "LocalHost:8000" }, null],
    ["a program, by IPv6", "::1", "POST", { host: "[::1]:8000" }, null],
    ["a page of its own", "127.0.0.1", "POST", { host: "localhost:8000", origin: "http://localhost:8000", "sec-fetch-site": "same-origin" }, null],
    ["a person who types the address", "127.0.0.1", "GET", { host: "localhost:8000", "sec-fetch-site": "none" }, null],
    ["a link of another site", "127.0.0.1", "GET", { host: "localhost:8000", "sec-fetch-site": "cross-site" }, null],
    ["a form of another site", "127.0.0.1", "POST", { host: "127.0.0.1:8000", origin: "https://evil.example", "sec-fetch-site": "cross-site" }, "cross_site_request"],
    ["a page of another port", "127.0.0.1", "DELETE", { host: "localhost:8000", origin: "http://localhost:3000", "sec-fetch-site": "same-site" }, "cross_site_request"],
    ["a page in a browser that says less", "127.0.0.1", "POST", { host: "localhost:8000", origin: "http://localhost:3000" }, "cross_site_request"],
    ["a page that hides where it is from", "127.0.0.1", "POST", { host: "localhost:8000", origin: "null" }, "cross_site_request"],
    ["a name that leads here", "127.0.0.1", "GET", { host: "evil.example:8000", "sec-fetch-site": "same-origin" }, "host_not_allowed"],
    ["a name that begins like ours", "127.0.0.1", "GET", { host: "127.0.0.1.evil.example:8000" }, "host_not_allowed"],
    ["nobody's name", "127.0.0.1", "GET", {}, "host_not_allowed"],
    ["any name, beyond loopback", "0.0.0.0", "POST", { host: "crawler.example:8000" }, null],
    ["a form of another site, beyond loopback", "0.0.0.0", "POST", { host: "crawler.example:8000", "sec-fetch-site": "cross-site" }, "cross_site_request"],
  ];
  for (const [name, listensOn, method, headers, refused] of cases)
    it(`${name}: ${refused ?? "answered"}`, () => assert.equal(refusalOf(listensOn, { method, headers })?.code ?? null, refused));
});

it("whoever is refused does not reach the app", async (test: TestContext) => {
  const asked: string[] = [];
  const service = await listen(
    ({ url }) => {
      asked.push(new URL(url).pathname);
      return new Response("done");
    },
    "127.0.0.1",
    0,
  );
  cleanUp(test, () => service.close());
  const ask = async (path: string, headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> => {
    const asking = request(new URL(path, service.url), { method: "POST", headers }).end("[]");
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    const text = (await answer.toArray()).join("");
    return [answer.statusCode, answer.headers["content-type"]?.includes("problem") === true ? JSON.parse(text).code : text];
  };
  assert.deepEqual(await ask("/rebound", { host: "evil.example" }), [403, "host_not_allowed"]);
  assert.deepEqual(await ask("/form", { "content-type": "text/plain", "sec-fetch-site": "cross-site" }), [403, "cross_site_request"]);
  assert.deepEqual(await ask("/program", {}), [200, "done"]);
  assert.deepEqual(asked, ["/program"]);
});
