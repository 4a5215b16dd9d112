import type { SequencedEvent } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { renderEvent } from "../query/index.ts";
import type { EventFeed } from "../control/ports.ts";

/** Streams that are open, so that a shutdown can end them. */
export interface OpenStreams {
  add(end: () => void): () => void;
  endAll(): void;
}

export function createOpenStreams(): OpenStreams {
  const ends = new Set<() => void>();
  return {
    add(end) {
      ends.add(end);
      return () => ends.delete(end);
    },
    endAll() {
      for (const end of ends) end();
      ends.clear();
    },
  };
}

const encoder = new TextEncoder();

/** Pulls only as fast as the client reads. A client that goes away aborts the source. With a clock, a quiet stream says every 15 s that it is still there (server-sent events only). */
export function streamOf(source: (signal: AbortSignal) => AsyncIterable<Uint8Array>, streams: OpenStreams, clock?: Clock): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  const iterator = source(abort.signal)[Symbol.asyncIterator]();
  const unlist = streams.add(() => abort.abort());
  let stopComments = () => {};
  const forget = () => {
    unlist();
    stopComments();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (clock !== undefined) stopComments = everyComment(clock, () => controller.enqueue(encoder.encode(SSE_COMMENT)));
    },
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done !== true) return controller.enqueue(value);
        forget();
        controller.close();
      } catch (error) {
        forget();
        controller.error(error);
      }
    },
    async cancel() {
      forget();
      abort.abort();
      await iterator.return?.();
    },
  });
}

/** Now, and then again and again after this time, until the signal. */
export async function* beats(clock: Clock, everyMs: number, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    yield;
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        cancel();
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const cancel = clock.after(everyMs, stop, { keepAlive: false });
      signal.addEventListener("abort", stop);
    });
  }
}

export const SSE_HEADERS: Readonly<Record<string, string>> = { "content-type": "text/event-stream", "x-accel-buffering": "no", "cache-control": "no-store" };
export const SSE_PREAMBLE = "retry: 3000\n\n";
export const SSE_COMMENT_MS = 15_000;
const SSE_COMMENT = ": still here\n\n";

function everyComment(clock: Clock, send: () => void): () => void {
  return clock.every(SSE_COMMENT_MS, send, { keepAlive: false });
}
/** Messages a slow client may be behind before its stream is ended; it comes back with Last-Event-ID and is replayed or reset. */
const BEHIND_MAX = 20_000;

export interface EventStreamRequest {
  readonly feed: EventFeed;
  /** Null: from now on. */
  readonly lastEventId: number | null;
  readonly wants: (event: SequencedEvent) => boolean;
}

export function eventStream(request: EventStreamRequest, deps: { readonly clock: Clock; readonly streams: OpenStreams }): ReadableStream<Uint8Array> {
  let stop = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      let ended = false;
      const end = () => {
        ended = true;
        stop();
        controller.close();
      };
      const pass = (event: SequencedEvent) => {
        if (ended || !request.wants(event)) return;
        send(sseEvent(event));
        if ((controller.desiredSize ?? 0) < -BEHIND_MAX) end();
      };
      send(SSE_PREAMBLE);
      // Subscribing and replaying happen in one turn of the loop: nothing falls between.
      const unsubscribe = request.feed.subscribe(pass);
      const stopComments = everyComment(deps.clock, () => send(SSE_COMMENT));
      const forget = deps.streams.add(end);
      stop = () => {
        unsubscribe();
        stopComments();
        forget();
      };
      replay(request, send, pass);
    },
    cancel: () => stop(),
  });
}

function replay({ feed, lastEventId }: EventStreamRequest, send: (text: string) => void, pass: (event: SequencedEvent) => void): void {
  const missed = lastEventId === null ? [] : feed.since(lastEventId);
  if (missed === "reset") send(`event: reset\nid: ${feed.lastSeq()}\ndata: {"reason":"some events since your last one are no longer kept; read the state again"}\n\n`);
  // An id without data only moves the client's position, so that a break before the first event loses nothing.
  else if (missed.length === 0) send(`id: ${feed.lastSeq()}\n\n`);
  else for (const event of missed) pass(event);
}

function sseEvent({ seq, event }: SequencedEvent): string {
  return `id: ${seq}\nevent: ${event.kind}\ndata: ${JSON.stringify(renderEvent(event))}\n\n`;
}

const LINE_CHARACTERS_MAX = 64 * 1024;

/** Cuts a log's bytes into lines, each with the offset behind it. A line that never ends is cut. */
async function* linesOf(source: AsyncIterable<Uint8Array>, fromByte: number): AsyncGenerator<{ readonly text: string; readonly nextByte: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let at = fromByte;
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end !== -1 || rest.length > LINE_CHARACTERS_MAX; end = rest.indexOf(10)) {
      const bytes = end === -1 ? LINE_CHARACTERS_MAX : end + 1;
      at += bytes;
      yield { text: rest.toString("utf8", 0, end === -1 ? bytes : end), nextByte: at };
      rest = rest.subarray(bytes);
    }
  }
  if (rest.length > 0) yield { text: rest.toString("utf8"), nextByte: at + rest.length };
}

export async function* logEvents(source: AsyncIterable<Uint8Array>, fromByte: number): AsyncGenerator<Uint8Array> {
  yield encoder.encode(SSE_PREAMBLE);
  for await (const { text, nextByte } of linesOf(source, fromByte)) yield encoder.encode(`id: ${nextByte}\nevent: line\ndata: ${text.replaceAll("\r", "")}\n\n`);
  yield encoder.encode("event: end\ndata: {}\n\n");
}

export async function* logNdjson(source: AsyncIterable<Uint8Array>, fromByte: number): AsyncGenerator<Uint8Array> {
  for await (const { text, nextByte } of linesOf(source, fromByte)) yield encoder.encode(`${JSON.stringify({ line: text, next_byte: nextByte })}\n`);
}
