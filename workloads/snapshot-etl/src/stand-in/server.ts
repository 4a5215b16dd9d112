import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { profileText } from "../generate/profile-text.ts";
import { isFlaw, SIZES, type SizeName } from "../generate/sizes.ts";
import { createFaults, faultBody, type Fault } from "./faults.ts";

export interface StandIn {
  readonly url: string;
  close(): Promise<void>;
}

export interface LogLine {
  readonly namecode: string | null;
  readonly fault: string | null;
  readonly status: number;
  readonly bytes: number;
}

const call = z.object({ functionName: z.string(), NameCode: z.string() });
const BODY_BYTES_MAX = 64 * 1024;

/** A small upstream on loopback, with faults on request. @param port 0 picks a free one */
export async function startStandIn(port: number, size: SizeName = "small"): Promise<StandIn> {
  const faults = createFaults();
  const log: LogLine[] = [];
  const closing = new AbortController();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    if (method === "GET" && url === "/__log") return sendJson(response, 200, { requests: log });
    if (method !== "POST") return sendJson(response, 405, { error: "POST get_hero_profile" });
    const body = await readJson(request);
    if (url === "/__control") {
      const order = faultBody.safeParse(body);
      if (!order.success) return sendJson(response, 400, { error: order.error.message });
      faults.order(order.data);
      return sendJson(response, 200, { ordered: order.data });
    }
    const asked = call.safeParse(body);
    if (!asked.success || asked.data.functionName !== "get_hero_profile") return sendJson(response, 400, { error: "functionName must be get_hero_profile, with a NameCode" });
    await sendProfile(asked.data.NameCode, response);
  }

  async function sendProfile(namecode: string, response: ServerResponse): Promise<void> {
    const fault = faults.take(namecode);
    const line = { namecode, fault: fault?.name ?? null };
    const n = Number(/^GEN(\d+)_/.exec(namecode)?.[1] ?? Number.NaN);
    if (fault?.name === "hang") return void log.push({ ...line, status: 0, bytes: 0 });
    if (fault?.name === "403" || !Number.isSafeInteger(n)) {
      const status = fault?.name === "403" ? 403 : 404;
      log.push({ ...line, status, bytes: 0 });
      return sendJson(response, status, { error: status === 403 ? "refused" : "no such profile" });
    }
    if (fault?.name === "slow") await pause(fault.ms, undefined, { signal: closing.signal });
    const bytes = await write(response, n, fault);
    log.push({ ...line, status: 200, bytes });
  }

  async function write(response: ServerResponse, n: number, fault: Fault | null): Promise<number> {
    const name = fault?.name ?? "none";
    let bytes = 0;
    response.writeHead(200, { "content-type": "application/json" });
    for (const piece of profileText({ n, shape: SIZES[name === "huge" ? "huge" : size], flaw: isFlaw(name) ? name : "none" })) {
      bytes += piece.length;
      if (!response.write(piece)) await once(response, "drain", { signal: closing.signal });
      if (name === "reset") {
        response.destroy();
        return bytes;
      }
    }
    response.end();
    return bytes;
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}/call_function`,
    async close() {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return null;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    return null;
  }
}
