import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { sendPieces } from "./send.ts";

export const FAULTS = ["hang", "slow", "401", "404", "500", "malformed", "truncated", "huge", "endless", "reset", "missing-artifact"] as const;

export const faultRequest = z.object({
  /** Part of the request's path. */
  path: z.string(),
  fault: z.enum([...FAULTS, "none"]),
  /** How many requests it hits; all when left out. */
  count: z.number().int().positive().optional(),
  /** For huge: the size. For truncated: bytes sent before the cut. */
  bytes: z.number().int().positive().default(1_000_000),
  /** For slow: pause before each piece. */
  ms: z.number().nonnegative().default(100),
});

export type FaultRequest = z.infer<typeof faultRequest>;

interface Active {
  readonly request: FaultRequest;
  left: number;
}

/** The faults that are on; each counts down with every request that it hits. */
export interface FaultBook {
  set(request: FaultRequest): void;
  hit(path: string): FaultRequest | null;
  hides(path: string): boolean;
}

export function createFaultBook(): FaultBook {
  let active: Active[] = [];
  return {
    set(request) {
      active = active.filter((each) => each.request.path !== request.path);
      if (request.fault !== "none") active.push({ request, left: request.count ?? Number.POSITIVE_INFINITY });
    },
    hit(path) {
      const found = active.find((each) => each.left > 0 && path.includes(each.request.path));
      if (found === undefined) return null;
      found.left -= 1;
      return found.request;
    },
    hides: (path) => active.some((each) => each.left > 0 && each.request.fault === "missing-artifact" && path.includes(each.request.path)),
  };
}

const STATUS: Readonly<Record<string, number>> = { "401": 401, "404": 404, "500": 500, "missing-artifact": 404 };

/** Answers wrongly, in the way that was asked for. Resolves when nothing more will be sent. */
export async function misbehave(response: ServerResponse, request: FaultRequest, content: () => Iterable<string>): Promise<void> {
  const status = STATUS[request.fault];
  if (status !== undefined) return void response.writeHead(status).end(`${request.fault}\n`);
  switch (request.fault) {
    case "hang":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "malformed":
      response.end('<testsuites><testsuite name="s"><testcase name="a"/><testcase name="b"></wrong>');
      return;
    case "truncated":
      return await truncate(response, request.bytes, content);
    case "slow":
      return await sendSlowly(response, request.ms, content);
    case "huge":
      return await sendEndlessly(response, request.bytes);
    default:
      return await sendEndlessly(response, Number.POSITIVE_INFINITY);
  }
}

async function truncate(response: ServerResponse, bytes: number, content: () => Iterable<string>): Promise<void> {
  const whole = Buffer.from([...content()].join(""));
  response.writeHead(200, { "content-length": whole.length });
  await new Promise((resolve) => response.write(whole.subarray(0, Math.min(bytes, whole.length - 1)), resolve));
  response.socket?.destroy();
}

async function sendSlowly(response: ServerResponse, ms: number, content: () => Iterable<string>): Promise<void> {
  for (const piece of content()) {
    if (response.destroyed) return;
    await pause(ms);
    response.write(piece);
  }
  response.end();
}

async function sendEndlessly(response: ServerResponse, bytesMax: number): Promise<void> {
  response.write('<testsuites><testsuite name="endless">');
  await sendPieces(response, cases(bytesMax));
  response.end("</testsuite></testsuites>");
}

function* cases(bytesMax: number): Generator<Uint8Array> {
  const piece = Buffer.from(`<testcase name="more" classname="endless"><system-out>${"x".repeat(16_000)}</system-out></testcase>\n`);
  for (let sent = 0; sent < bytesMax; sent += piece.length) yield piece;
}
