import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { FaultOrder } from "./orders.ts";
import { sendPieces } from "./send.ts";
import type { Visit } from "./visit.ts";

/** What a site says to a request. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are sent as fast as the reader takes them; they are iterated once at most, so that a generator will do. */
  readonly body: string | Uint8Array | Iterable<string | Uint8Array>;
}

/** One request that is to be answered wrongly. */
export interface Misbehaviour {
  readonly visit: Visit;
  readonly response: ServerResponse;
  readonly order: FaultOrder;
  /** Aborted when the stand-in closes. */
  readonly signal: AbortSignal;
  /** What the site would have said. */
  readonly answer: Answer;
  /** Says it after all. */
  send(answer: Answer): Promise<void>;
}

/** Answers wrongly; resolves when nothing more will be sent. */
export type FaultHandler = (misbehaviour: Misbehaviour) => Promise<void> | void;

const SLOW_MS = 1000;
const HUGE_BYTES = 20_000_000;

/** The faults that every site has; a site may replace them and add its own. */
export const FAULT_HANDLERS = {
  /** Accepts and never answers. */
  hang: () => {},
  /** Answers after `ms` (1,000). */
  async slow({ order, signal, answer, send }) {
    await pause(order.ms ?? SLOW_MS, undefined, { signal });
    await send(answer);
  },
  /** Cuts the connection before the first byte. */
  reset: ({ response }) => void response.socket?.resetAndDestroy(),
  /** Promises the whole body and cuts the connection after `bytes` (half of it). */
  async truncated({ response, order, answer }) {
    const whole = Buffer.concat([...pieces(answer.body)].map((piece) => Buffer.from(piece)));
    response.writeHead(answer.status ?? 200, { ...answer.headers, "content-length": whole.length });
    const bytes = Math.min(order.bytes ?? Math.floor(whole.length / 2), Math.max(whole.length - 1, 0));
    await new Promise((resolve) => response.write(whole.subarray(0, bytes), resolve));
    response.socket?.destroy();
  },
  /** What the site says, followed by blanks up to `bytes` (20 MB). */
  huge: ({ order, answer, send }) => send({ ...answer, body: filled(pieces(answer.body), order.bytes ?? HUGE_BYTES) }),
  /** Nothing, with the site's status. */
  empty: ({ answer, send }) => send({ ...answer, body: "" }),
} as const satisfies Readonly<Record<string, FaultHandler>>;

/** The pieces of a body, whatever its form. */
export function* pieces(body: Answer["body"]): Generator<string | Uint8Array> {
  if (typeof body === "string" || body instanceof Uint8Array) yield body;
  else yield* body;
}

function* filled(begin: Iterable<string | Uint8Array>, bytesMax: number): Generator<string | Uint8Array> {
  let sent = 0;
  for (const piece of begin) {
    yield piece;
    sent += Buffer.byteLength(piece);
  }
  const blanks = Buffer.alloc(64 * 1024, " ");
  for (; sent < bytesMax; sent += blanks.length) yield blanks;
}

export async function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): Promise<void> {
  response.writeHead(status, headers);
  if (typeof body === "string" || body instanceof Uint8Array) return void response.end(body);
  await sendPieces(response, body);
  response.end();
}
