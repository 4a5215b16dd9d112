import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { createOpenStreams, eventStream, SSE_COMMENT_MS, streamOf } from "../../src/http/stream.ts";
import { createEventHub } from "../../src/control/index.ts";
import type { Clock } from "../../src/platform/index.ts";
import { problemOf, startTestHost, writeLog, type TestHost } from "./host.ts";

/** Reads a response until the text holds what is waited for, or the stream ends. */
function textReader(response: Response): { until(mark: string): Promise<string>; rest(): Promise<string>; cancel(): Promise<void> } {
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (isEnough: () => boolean): Promise<string> => {
    while (!isEnough()) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += value;
    }
    return text;
  };
  return { until: (mark) => until(() => text.includes(mark)), rest: () => until(() => false), cancel: () => reader.cancel() };
}

describe("events as a stream", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  it("says retry first, then what happens, with rising ids; the headers keep proxies from buffering", async () => {
    const response = await host.get("/api/v1/events?type=echo");
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    const stream = textReader(response);
    await stream.until("retry: 3000\n\n");
    const id = await host.add();
    const text = await stream.until(`"job_id":"${id}"`);
    assert.match(text, /\nid: \d+\nevent: job\.enqueued\ndata: \{"kind":"job\.enqueued","at":"[^"]+Z"/);
    await stream.cancel();
  });

  it("Last-Event-ID replays what was missed; an unknown one is answered with reset", async () => {
    const seq = host.events.lastSeq();
    const id = await host.add();
    const replayed = textReader(await host.get("/api/v1/events", { "last-event-id": String(seq) }));
    assert.match(await replayed.until(id), new RegExp(`id: ${seq + 1}\n`));
    await replayed.cancel();
    for (const old of ["1", String(host.events.lastSeq() + 5)]) {
      const reset = textReader(await host.get("/api/v1/events", { "last-event-id": old }));
      assert.match(await reset.until("event: reset"), /event: reset\nid: \d+\n/);
      await reset.cancel();
    }
    assert.equal((await problemOf(await host.get("/api/v1/events", { "last-event-id": "abc" }))).code, "invalid_request");
  });

  it("kinds select; other jobs are left out", async () => {
    const seq = host.events.lastSeq();
    const [first, second] = [await host.add(), await host.add()];
    await host.send("POST", `/api/v1/jobs/${first}/cancel`);
    const stream = textReader(await host.get(`/api/v1/events?kind=job.settled,lane&last_event_id=${seq}`));
    const text = await stream.until(`"state":"cancelled"`);
    assert.ok(text.includes(first) && !text.includes(second) && !text.includes("job.enqueued"), text);
    await stream.cancel();
  });

  it("a reader that leaves, and one that only asks with HEAD, leave no subscription behind", async () => {
    const { subscribe } = host.events;
    const left = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let turn = 0;
    Object.assign(host.events, {
      subscribe(listener: Parameters<typeof subscribe>[0]) {
        const stop = subscribe(listener);
        const mark = left[turn];
        turn += 1;
        return () => {
          stop();
          mark?.resolve();
        };
      },
    });
    const stream = textReader(await host.get("/api/v1/events"));
    await stream.until("retry");
    await stream.cancel();
    await left[0]?.promise;
    assert.equal((await fetch(`${host.url}/api/v1/events`, { method: "HEAD" })).status, 200);
    await left[1]?.promise;
    Object.assign(host.events, { subscribe });
  });

  it("the end of the server ends every stream at once", async () => {
    const ending = await startTestHost();
    const stream = textReader(await ending.get("/api/v1/events"));
    await stream.until("retry");
    await ending.close();
    assert.ok(!(await stream.rest()).includes("event:"));
  });

  it("a client that goes away ends what was read for it", async () => {
    const ended = Promise.withResolvers<boolean>();
    async function* source(signal: AbortSignal): AsyncGenerator<Uint8Array> {
      try {
        yield Uint8Array.of(1);
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      } finally {
        ended.resolve(signal.aborted);
      }
    }
    const reader = streamOf(source, createOpenStreams()).getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(await ended.promise, true);
  });

  it("says something every 15 s, and ends with the server", async () => {
    const ticks: { readonly intervalMs: number; readonly action: () => void }[] = [];
    const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, after: () => () => {}, every: (intervalMs, action) => (ticks.push({ intervalMs, action }), () => {}) };
    const streams = createOpenStreams();
    const feed = createEventHub({ startedAtMs: 1, onSubscriberError: () => {} });
    const body = eventStream({ feed, lastEventId: null, wants: () => true }, { clock, streams });
    assert.equal(ticks[0]?.intervalMs, SSE_COMMENT_MS);
    ticks[0]?.action();
    streams.endAll();
    assert.match(await new Response(body).text(), /: still here\n\n$/);
  });
});

describe("logs", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  async function endedJob(text: string): Promise<string> {
    const id = await host.add({ priority: 100 });
    const file = await writeLog(host, `before${text}after`);
    await host.settle(await host.claim(), { kind: "complete" }, { log: { file, from: 6, to: 6 + Buffer.byteLength(text) } });
    return id;
  }

  it("the attempt's bytes alone, as text, from a byte on, as NDJSON and as events", async () => {
    const id = await endedJob("one\nzwölf\nlast");
    const path = `/api/v1/jobs/${id}/attempts/1/logs`;
    const plain = await host.get(path);
    assert.equal(plain.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(await plain.text(), "one\nzwölf\nlast");
    assert.equal(await (await host.get(`${path}?from_byte=4`)).text(), "zwölf\nlast");
    assert.equal(
      await (await host.get(path, { accept: "application/x-ndjson" })).text(),
      '{"line":"one","next_byte":4}\n{"line":"zwölf","next_byte":11}\n{"line":"last","next_byte":15}\n',
    );
    const events = await (await host.get(path, { accept: "text/event-stream", "last-event-id": "4" })).text();
    assert.equal(events, "retry: 3000\n\nid: 11\nevent: line\ndata: zwölf\n\nid: 15\nevent: line\ndata: last\n\nevent: end\ndata: {}\n\n");
  });

  it("404 before the first byte when there is no such attempt or its log is gone", async () => {
    const id = await endedJob("x");
    assert.equal((await problemOf(await host.get(`/api/v1/jobs/${id}/attempts/9/logs`))).code, "attempt_not_found");
    assert.equal((await problemOf(await host.get(`/api/v1/jobs/${id}/attempts/0/logs`))).code, "invalid_request");
    assert.equal((await problemOf(await host.get("/api/v1/jobs/j_nope/attempts/1/logs"))).code, "job_not_found");
  });

  it("follows a running attempt to its end, and not into the next one's bytes", async () => {
    const id = await host.add({ priority: 100 });
    const lease = await host.claim();
    const file = await writeLog(host, "other first\n");
    host.crew.runningLogs.set(id, { attempt: 1, log: { file, from: 6, to: null } });
    const path = `/api/v1/jobs/${id}/attempts/1/logs`;
    const stream = textReader(await host.get(`${path}?follow=true`));
    await stream.until("first\n");
    await appendFile(file, "second\n");
    await stream.until("second\n");
    // It has said its end, the next one already writes, and nothing is settled.
    host.crew.runningLogs.set(id, { attempt: 1, log: { file, from: 6, to: 19 } });
    await appendFile(file, "next attempt\n");
    assert.equal(await (await host.get(path)).text(), "first\nsecond\n");
    assert.equal(await stream.rest(), "first\nsecond\n");
    await host.settle(lease, { kind: "complete" }, { log: { file, from: 6, to: 19 } });
    host.crew.runningLogs.delete(id);
    assert.equal(await (await host.get(path)).text(), "first\nsecond\n");
  });

  it("without follow a running attempt's log ends where it is now", async () => {
    const id = await host.add({ priority: 100 });
    await host.claim();
    const file = await writeLog(host, "so far");
    host.crew.runningLogs.set(id, { attempt: 1, log: { file, from: 0, to: null } });
    assert.equal(await (await host.get(`/api/v1/jobs/${id}/attempts/1/logs`)).text(), "so far");
  });
});
