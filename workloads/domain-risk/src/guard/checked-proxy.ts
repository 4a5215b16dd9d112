// The only way out that a browser gets: a proxy on loopback that asks the guard before every connection and connects to the very addresses that were checked.
// So redirects, sub-requests, web sockets and service workers of a page are held to the same rule as the plain request.
import { once } from "node:events";
import { Agent, createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Guard } from "./guard.ts";

export interface CheckedProxy {
  /** "http://127.0.0.1:4321" */
  readonly url: string;
  /** Why the last connection to this host failed; null when none did. */
  failureOf(host: string): Error | null;
  /** Cuts every connection; resolves when the port is free. */
  close(): Promise<void>;
}

export interface CheckedProxyOptions {
  readonly guard: Guard;
  /** What a browser may receive in all; then its connections are cut. */
  readonly bytesMax: number;
}

const HOP_BY_HOP = new Set(["proxy-connection", "proxy-authorization", "connection", "keep-alive", "te", "upgrade"]);

export async function startCheckedProxy({ guard, bytesMax }: CheckedProxyOptions): Promise<CheckedProxy> {
  const agent = new Agent({ keepAlive: true });
  const open = new Set<Socket | Duplex>();
  const failures = new Map<string, Error>();
  let received = 0;

  const keep = <Kind extends Socket | Duplex>(socket: Kind): Kind => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    return socket;
  };
  const count = (chunk: Buffer): void => {
    received += chunk.length;
    if (received > bytesMax) for (const socket of open) socket.destroy();
  };

  /** For https and web sockets: bytes both ways. */
  function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    keep(client).on("error", () => undefined);
    const target = URL.parse(`http://${request.url ?? ""}`);
    const host = bare(target?.hostname ?? "");
    const refuse = (error: Error): void => {
      failures.set(host, error);
      client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    };
    try {
      guard.checkHost(host);
      const server = keep(connect({ host, port: Number(target?.port || 80), lookup: guard.lookup }));
      server.once("error", refuse);
      server.once("connect", () => {
        server.off("error", refuse).on("error", () => client.destroy());
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        if (head.length > 0) server.write(head);
        server.on("data", count).pipe(client).pipe(server);
      });
      client.once("close", () => server.destroy());
      server.once("close", () => client.destroy());
    } catch (error) {
      refuse(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** For http: one request, handed on. */
  function forward(request: IncomingMessage, response: ServerResponse): void {
    const target = URL.parse(request.url ?? "");
    const fail = (error: Error): void => {
      if (target !== null) failures.set(bare(target.hostname), error);
      response.destroy();
    };
    try {
      if (target?.protocol !== "http:") throw new Error("this is a proxy for http");
      guard.check(target);
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
      const asked = ask(target, { method: request.method ?? "GET", headers, agent, lookup: guard.lookup });
      asked.on("error", fail);
      asked.on("socket", (socket) => {
        if (!open.has(socket)) keep(socket);
      });
      asked.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
        answer.on("data", count).on("error", fail).pipe(response);
      });
      response.once("close", () => asked.destroy());
      request.pipe(asked);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  const server = createServer(forward);
  server.on("connect", tunnel);
  server.on("connection", keep);
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    failureOf: (host) => failures.get(bare(host)) ?? null,
    async close() {
      const closed = once(server, "close");
      server.close();
      agent.destroy();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}

/** Names as they were written, several of one name (cookies) apart. */
function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index], raw[index + 1]];
    if (!HOP_BY_HOP.has(name.toLowerCase()) && name.toLowerCase() !== "transfer-encoding") kept.push(name, value);
  }
  return kept;
}
