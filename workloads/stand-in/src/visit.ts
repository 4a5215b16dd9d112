import type { IncomingMessage } from "node:http";

/** A request as a site sees it. */
export interface Visit {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  /** The request's body as text; what exceeds 1 MB cuts the connection. */
  readonly body: string;
}

const BODY_BYTES_MAX = 1_000_000;

export async function visitOf(request: IncomingMessage): Promise<Visit> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  return { method: request.method ?? "GET", path: decodePath(url.pathname), url, headers: request.headers, body: await readText(request) };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError("the body is larger than 1 MB");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
