import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { FAULT_HANDLERS, send, type Answer, type FaultHandler } from "./faults.ts";
import { createOrderBook, orderShape, type FaultOrder } from "./orders.ts";
import { visitOf, type Visit } from "./visit.ts";

export interface LogLine {
  readonly at: string;
  readonly method: string;
  /** With the query, as it was sent. */
  readonly url: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly fault: string | null;
  /** 0 while it is not answered, and for one that never is. */
  readonly status: number;
}

export interface Site {
  /** What the site says; null for nothing here (404). */
  answer(visit: Visit): Answer | null | Promise<Answer | null>;
  /** Faults of its own, by name. */
  readonly faults?: Readonly<Record<string, FaultHandler>>;
  /** Whether an order hits a request. Default: its `path` is part of the request's path. */
  hits?(order: FaultOrder, visit: Visit): boolean;
  /** Orders that change the site instead of one answer (a match that ends, an artifact that goes away). true when it took the order. */
  change?(order: FaultOrder): boolean;
  /** Names of the orders that {@link change} takes. */
  readonly changes?: readonly string[];
  /** Requests that an order without a count hits. Default: all, until the next order for them. */
  readonly countDefault?: number;
  /** What `GET /__log` says. Default: `{ total, paths: { "/path": count }, requests: […] }`. */
  log?(lines: readonly LogLine[]): unknown;
}

export interface StandIn {
  /** "http://127.0.0.1:4321", without a slash at the end. */
  readonly url: string;
  /** The same as `POST /__control`. @throws RangeError for an order that the site does not know */
  order(order: FaultOrder): void;
  /** The last 10,000 requests, oldest first. */
  log(): readonly LogLine[];
  /** Resolves with the first request like this, past or to come, as it arrives. */
  untilVisit(like: (line: LogLine) => boolean): Promise<LogLine>;
  /** Cuts what is open; resolves when the port is free. */
  close(): Promise<void>;
}

const LOG_LINES_MAX = 10_000;

/**
 * Starts a site on loopback. `POST /__control` orders a fault, `GET /__log` says what was asked.
 *
 * @param port 0 picks a free one
 * @example
 * const site = await startStandIn({ answer: ({ path }) => (path === "/" ? { body: "hello" } : null) }, 0);
 * site.order({ path: "/", fault: "hang", count: 1 });
 */
export async function startStandIn(site: Site, port: number): Promise<StandIn> {
  const handlers: Readonly<Record<string, FaultHandler>> = { ...FAULT_HANDLERS, ...site.faults };
  const shape = orderShape([...Object.keys(handlers), ...(site.changes ?? [])]);
  const book = createOrderBook(site.countDefault ?? Number.POSITIVE_INFINITY);
  const lines: LogLine[] = [];
  const arrivals = new EventEmitter<{ readonly visit: [LogLine] }>();
  const closing = new AbortController();

  function accept(written: unknown): void {
    const parsed = shape.safeParse(written);
    if (!parsed.success) throw new RangeError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
    if (site.change?.(parsed.data) !== true) book.set(parsed.data);
  }

  function hits(order: FaultOrder, visit: Visit): boolean {
    return site.hits?.(order, visit) ?? visit.path.includes(order.path ?? "");
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = await visitOf(request);
    if (visit.path === "/__control" && visit.method === "POST") return await send(response, control(visit.body));
    if (visit.path === "/__log") return await send(response, json(200, site.log?.(lines) ?? countByPath(lines)));
    const order = book.take((each) => hits(each, visit));
    note(visit, order, response);
    const right = (await site.answer(visit)) ?? { status: 404, body: "there is nothing here\n" };
    if (order === null) return await send(response, right);
    const handler = handlers[order.fault];
    if (handler === undefined) return await send(response, { status: Number(order.fault), body: `${order.fault}\n` });
    await handler({ visit, response, order, answer: right, signal: closing.signal, send: (each) => send(response, each) });
  }

  function note({ method, url, path }: Visit, order: FaultOrder | null, response: ServerResponse): void {
    if (lines.length === LOG_LINES_MAX) lines.shift();
    const line = { at: new Date().toISOString(), method, url: url.pathname + url.search, path, fault: order?.fault ?? null, status: 0 };
    response.once("close", () => {
      if (response.headersSent) line.status = response.statusCode;
    });
    lines.push(line);
    arrivals.emit("visit", line);
  }

  function control(body: string): Answer {
    try {
      const written: unknown = JSON.parse(body);
      accept(written);
      return json(200, { ordered: written });
    } catch (error) {
      return json(400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`,
    order: accept,
    log: () => lines,
    untilVisit: (like) => {
      const past = lines.find(like);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        const look = (line: LogLine): void => {
          if (!like(line)) return;
          arrivals.off("visit", look);
          resolve(line);
        };
        arrivals.on("visit", look);
      });
    },
    async close() {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function countByPath(lines: readonly LogLine[]): object {
  const paths: Record<string, number> = {};
  for (const { path } of lines) paths[path] = (paths[path] ?? 0) + 1;
  return { total: lines.length, paths, requests: lines };
}
