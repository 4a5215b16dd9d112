import { SourceError } from "../errors.ts";
import { BODY_BYTES_MAX } from "./parse-body.ts";

export interface Got {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}

export interface GetOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

/** One bounded request: time over everything, size while it comes. @throws SourceError */
export async function getText(url: string, { timeoutMs, signal, headers = {} }: GetOptions): Promise<Got> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { headers: { "user-agent": AGENT, accept: "*/*", ...headers }, signal: AbortSignal.any([timeout, signal]) });
    return { status: response.status, text: await readBounded(response, url), cookies: response.headers.getSetCookie() };
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (timeout.aborted) throw new SourceError("timeout", `${url}: no answer within ${timeoutMs} ms`, error);
    throw new SourceError("network", `${url}: ${causeOf(error)}`, error);
  }
}

async function readBounded(response: Response, url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new SourceError("too_large", `${url}: more than ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
