import { createServer, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { CofferdamError } from "../model/index.ts";
import type { Chance, Clock, Logger } from "../platform/index.ts";
import { createOperations, type Control } from "../control/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { JournalPort } from "../store/ports.ts";
import { createAppProxy } from "./app-proxy.ts";
import { createApp } from "./app.ts";
import { createGuard } from "./guard.ts";
import { createIdempotency } from "./idempotency.ts";
import { checkListen, type HttpServerOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { toResponse } from "./reply.ts";
import { allRoutes } from "./routes/index.ts";
import { createOpenStreams } from "./stream.ts";

export interface HttpServerDeps {
  readonly control: Control;
  readonly metrics: Metrics;
  readonly journal: Pick<JournalPort, "idempotency" | "putIdempotency" | "book" | "putBook">;
  readonly options: HttpServerOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly chance: Chance;
}

export interface HttpServer {
  /** Resolves with the address, e.g. "http://127.0.0.1:7070". @throws CofferdamError `port_in_use`, `invalid_option`. */
  listen(): Promise<string>;
  /** Ends streams and operations, lets answers finish for a moment, then closes everything. Idempotent. */
  close(): Promise<void>;
}

const CLOSE_MS = 1000;

/** Said with every answer, whoever writes it. The API shows no pages, so nothing at all may be loaded from it. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** @throws CofferdamError `unsafe_listen` before anything is opened. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  checkListen(deps.options);
  const { options, clock, chance, logger, control, metrics } = deps;
  const streams = createOpenStreams();
  const operations = createOperations({ control, journal: deps.journal, clock, chance });
  const guard = createGuard(options);
  const routes = allRoutes({ control, operations, metrics, clock, streams, options, closed: guard.closed });
  const app = createApp({ routes, guard, idempotency: createIdempotency({ journal: deps.journal, clock }), metrics, logger, clock, chance, version: options.version });
  const apps = createAppProxy({ control, guard, metrics, clock, chance, logger, rootApp: options.app ?? null });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: (error) => answerBroken(logger, error) });
  const server = createServer((incoming, outgoing) => {
    setCommonHeaders(outgoing);
    const route = apps.route(incoming);
    if (route !== null) return apps.serve(route, incoming, outgoing);
    void listener(incoming, outgoing);
  });
  server.on("clientError", refuseGarbage);
  let closing: Promise<void> | null = null;

  return {
    async listen() {
      const address = await listen(server, options);
      await operations.resume();
      return address;
    },
    close() {
      closing ??= closeServer(server, clock, async () => {
        streams.endAll();
        await operations.close();
      });
      return closing;
    },
  };
}

function setCommonHeaders(outgoing: ServerResponse): void {
  for (const [name, value] of Object.entries(COMMON_HEADERS)) outgoing.setHeader(name, value);
}

/** What never reached a route: an address or a Host that cannot be understood. */
function answerBroken(logger: Logger, error: unknown): Response {
  const isRequest = error instanceof Error && error.name === "RequestError";
  if (!isRequest) logger.error({ err: error }, "a request could not be answered");
  const refusal = isRequest
    ? new CofferdamError("invalid_request", `the request cannot be understood: ${error.message}`)
    : new CofferdamError("broken_invariant", "the request could not be answered because of a mistake in Cofferdam");
  return toResponse(problem(refusal, ""));
}

/** What is not HTTP at all gets an answer in the same form, then the door. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = problem(new CofferdamError("invalid_request", "this is not a valid HTTP request"), "");
  const body = String(refusal.body);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  );
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      const actual = typeof address === "object" && address !== null ? address.port : port;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${actual}`);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): CofferdamError {
  if (error.code === "EADDRINUSE")
    return new CofferdamError("port_in_use", `${host}:${port} is already in use`, { cause: error, hint: "Stop the other program, or choose another port (0 takes a free one)." });
  return new CofferdamError("invalid_option", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error, hint: "Check http.host and http.port." });
}

async function closeServer(server: Server, clock: Clock, endWork: () => Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A client that does not read its answer must not hold up the end.
  const cancel = clock.after(CLOSE_MS, () => server.closeAllConnections());
  await endWork();
  server.closeIdleConnections();
  await closed;
  cancel();
}
