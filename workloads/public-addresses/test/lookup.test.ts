import assert from "node:assert/strict";
import type { LookupAddress, LookupOptions } from "node:dns";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { createLookup, isPublicAddress, type Choose, type Lookup } from "../src/index.ts";

const V4: LookupAddress = { address: "93.184.216.34", family: 4 };
const V6: LookupAddress = { address: "2606:2800:220:1::1", family: 6 };
const INSIDE: LookupAddress = { address: "10.0.0.1", family: 4 };

const all: Choose = (_hostname, addresses) => addresses;

function askOnce(lookup: Lookup, options: LookupOptions): Promise<unknown> {
  return new Promise((resolve) => lookup("name.test", options, (error, address, family) => resolve(error?.message ?? (family === undefined ? address : [address, family]))));
}

describe("a look-up", () => {
  it("gives what was chosen, of the family that was asked for", async () => {
    const lookup = createLookup(
      (_hostname, addresses) => addresses.filter(({ address }) => isPublicAddress(address)),
      (_hostname, answer) => answer(null, [INSIDE, V4, V6]),
    );
    assert.deepEqual(await askOnce(lookup, { all: true }), [V4, V6]);
    assert.deepEqual(await askOnce(lookup, { all: true, family: 6 }), [V6]);
    assert.deepEqual(await askOnce(lookup, {}), [V4.address, 4]);
    assert.deepEqual(await askOnce(lookup, { family: "IPv6" }), [V6.address, 6]);
  });

  it("lets all of them be seen, whatever the family, and hands on why none may be asked", async () => {
    const seen: string[] = [];
    const lookup = createLookup(
      (hostname, addresses) => {
        seen.push(...addresses.map(({ address }) => address));
        throw new Error(`${hostname} leads inside`);
      },
      (_hostname, answer) => answer(null, [V6, INSIDE]),
    );
    assert.equal(await askOnce(lookup, { family: 6 }), "name.test leads inside");
    assert.deepEqual(seen, [V6.address, INSIDE.address]);
  });

  it("fails where there is no such name, or none of the family", async () => {
    const missing = createLookup(all, (_hostname, answer) => answer(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []));
    assert.equal(await askOnce(missing, { all: true }), "no such name");
    const old = createLookup(all, (_hostname, answer) => answer(null, [V4]));
    assert.equal(await askOnce(old, { family: 6 }), "no address of name.test");
    const none = createLookup(
      () => [],
      (_hostname, answer) => answer(null, [INSIDE]),
    );
    assert.equal(await askOnce(none, { all: true }), "no address of name.test");
  });

  it("asks the system when nobody else is named", async () => {
    const found = await new Promise<string | LookupAddress[]>((resolve) => createLookup(all)("localhost", { all: true }, (_error, addresses) => resolve(addresses)));
    assert.ok(Array.isArray(found) && found.length > 0 && found.every(({ address }) => !isPublicAddress(address)));
  });
});

async function listen(test: TestContext): Promise<number> {
  const server = createServer((socket) => socket.end("here"));
  test.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function text(socket: Socket): Promise<string> {
  return Buffer.concat((await socket.toArray()) as Buffer[]).toString();
}

describe("a connection", () => {
  it("goes to the address that was checked, although the name leads elsewhere by then", async (test) => {
    const port = await listen(test);
    const answers = [[{ address: "127.0.0.1", family: 4 }], [INSIDE]];
    const checked: string[] = [];
    const lookup = createLookup(
      (_hostname, addresses) => {
        checked.push(...addresses.map(({ address }) => address));
        if (addresses.includes(INSIDE)) throw new Error("leads inside");
        return addresses;
      },
      (_hostname, answer) => answer(null, answers.shift() ?? []),
    );
    const socket = connect({ host: "name.test", port, lookup });
    assert.equal(await text(socket), "here");
    assert.deepEqual([checked, answers.length], [["127.0.0.1"], 1], "looked up once");
    // The next connection is checked anew.
    await assert.rejects(text(connect({ host: "name.test", port, lookup })), /leads inside/);
    assert.deepEqual(checked, ["127.0.0.1", INSIDE.address]);
  });
});
