import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Hono } from "hono";
import { listen } from "workload-command-line";
import { cleanUp, makeDirectory } from "workload-command-line/testing";
import { openDatabase } from "../src/database/database.ts";
import { createHub } from "../src/http/hub.ts";
import { streamEvents } from "../src/http/stream-events.ts";

describe("a reader of /events that stands still", () => {
  it("is cut off when too much waits for it", async (test) => {
    const database = await openDatabase(`${await makeDirectory(test)}/scores.db`);
    cleanUp(test, () => database.close());
    const hub = createHub();
    const readers = new Set<unknown>();
    const subscribe: typeof hub.subscribe = (listener) => {
      readers.add(listener);
      const unsubscribe = hub.subscribe(listener);
      return () => {
        readers.delete(listener);
        unsubscribe();
      };
    };
    const app = new Hono().get("/events", (context) => streamEvents(context, null, { hub: { ...hub, subscribe }, database }));
    const server = await listen(app.fetch, "127.0.0.1", 0);
    cleanUp(test, () => server.close());
    const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
    cleanUp(test, () => void socket.destroy());
    socket.write("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.pause();
    assert.equal(readers.size, 1);

    // Twice what the kernel and the waiting room can hold together.
    const payload = { text: "x".repeat(4000) };
    for (let seq = 1; seq <= 20_000 && readers.size > 0; seq += 1) {
      hub.publish([{ matchKey: "A", url: "/a", seq, group: "score", payload, at: "" }]);
      await nextTurn();
    }
    assert.equal(readers.size, 0);

    let text = "";
    socket.on("data", (piece) => (text += piece.toString()));
    socket.resume();
    while (!text.endsWith("\r\n0\r\n\r\n")) await once(socket, "data");
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    assert.deepEqual(
      ids,
      ids.map((_, index) => index + 1),
    );
  });
});
