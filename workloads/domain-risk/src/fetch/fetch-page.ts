// The plain request: one GET with its redirects, each of them checked, one connection for each, no cookies.
import { STATUS_CODES } from "node:http";
import { Agent, request, type Dispatcher } from "undici";
import { RefusedTarget, type Guard } from "../guard/guard.ts";
import { describeFailure, FetchFailure, rootOf } from "./describe-failure.ts";
import { readBody } from "./read-body.ts";

export interface FetchedPage {
  readonly bytes: Buffer;
  readonly contentType: string | null;
}

export interface FetchOptions {
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  readonly bodyBytesMax: number;
}

const REDIRECTS_MAX = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const HEADER_BYTES_MAX = 64 * 1024;

/** @throws FetchFailure in the record's words; RefusedTarget for an address that must not be asked; the signal's reason when it was aborted. */
export async function fetchPage(address: string, options: FetchOptions): Promise<FetchedPage> {
  const { guard, signal } = options;
  // Certificates are checked here; the browser ignores what is wrong with them.
  const agent = new Agent({ connect: { lookup: guard.lookup, timeout: 0 }, pipelining: 0, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: HEADER_BYTES_MAX });
  let host = address;
  try {
    let url = new URL(address);
    for (let redirects = 0; ; redirects++) {
      host = url.hostname;
      guard.check(url);
      const answer = await request(url, { dispatcher: agent, signal, headers: headersOf(options.userAgent) });
      const next = redirectOf(answer, url);
      if (next === null) return await readAnswer(answer, options);
      answer.body.on("error", () => undefined).destroy();
      if (redirects === REDIRECTS_MAX) throw new FetchFailure(`Too many redirects (more than ${REDIRECTS_MAX})`);
      url = next;
    }
  } catch (error) {
    signal.throwIfAborted();
    const root = rootOf(error);
    if (root instanceof RefusedTarget) throw root;
    throw new FetchFailure(describeFailure(error, host), { cause: error });
  } finally {
    void agent.destroy().catch(() => undefined);
  }
}

function headersOf(userAgent: string): Record<string, string> {
  return {
    "user-agent": userAgent,
    accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.9",
    "accept-encoding": "gzip, deflate, br",
  };
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | null {
  const { location } = headers;
  if (!REDIRECTS.has(statusCode) || typeof location !== "string") return null;
  const next = URL.parse(location, from.href);
  if (next === null) throw new FetchFailure(`Redirect to an address that cannot be read: ${location.slice(0, 100)}`);
  return next;
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData, { bodyBytesMax }: FetchOptions): Promise<FetchedPage> {
  if (statusCode >= 400) {
    body.on("error", () => undefined).destroy();
    throw new FetchFailure(`HTTP ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trimEnd());
  }
  const bytes = await readBody(body, { encoding: oneOf(headers["content-encoding"]), bytesMax: bodyBytesMax });
  return { bytes, contentType: oneOf(headers["content-type"]) };
}

function oneOf(header: string | string[] | undefined): string | null {
  return Array.isArray(header) ? header.join(",") : (header ?? null);
}
