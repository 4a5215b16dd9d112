// The address of an inspector stands in a log that a job writes, too: who answers there may be anybody.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openSession } from "../../src/supervisor/inspector.ts";

const WEBSOCKET_KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

for (const word of ["no JSON at all", "null", "7"]) {
  test(`an inspector that says ${word} is no longer asked`, async () => {
    const server = createServer();
    server.on("upgrade", (request, socket) => {
      const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${WEBSOCKET_KEY_SUFFIX}`).digest("base64");
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(Buffer.concat([Buffer.from([0x81, word.length]), Buffer.from(word)]));
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const session = openSession(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await session.closed;
      assert.equal(await session.ask("Runtime.getHeapUsage"), null);
    } finally {
      server.close();
    }
  });
}
