import { Agent, fetch } from "undici";
import type { Resolve } from "workload-public-addresses";
import { createAddressGuard } from "./address-guard.ts";
import { FetchError } from "./fetch-error.ts";

export const USER_AGENT = "market-crawl/0.1";

/** Far above any real page; what is larger is not read to its end. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  /** Where it sends us; absolute. */
  readonly location: string | null;
  readonly body: string;
}

/** One request, one answer: no cookies, no redirects followed, nothing without a bound. */
export interface HttpClient {
  /** @throws FetchError; the signal's reason when it was aborted by the caller. */
  get(url: string, options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** @param trustedUrls the configured addresses; their hosts may be private @param resolve how names become addresses; replaced in tests */
export function createHttpClient(trustedUrls: readonly string[], resolve?: Resolve): HttpClient {
  const guard = createAddressGuard(new Set(trustedUrls.map((url) => new URL(url).hostname)), resolve);
  const agent = new Agent({ connect: { lookup: guard.lookup }, connections: 1, pipelining: 1 });

  async function request(url: string, signal: AbortSignal): Promise<HttpAnswer> {
    const response = await fetch(url, {
      dispatcher: agent,
      redirect: "manual",
      signal,
      headers: { "user-agent": USER_AGENT, accept: "text/html, application/json;q=0.9, */*;q=0.5" },
    });
    const location = response.headers.get("location");
    const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
    if (isRedirect || !response.ok) await response.body?.cancel();
    return {
      status: response.status,
      location: isRedirect && URL.canParse(location, url) ? new URL(location, url).href : null,
      body: response.ok && response.body !== null ? await readText(response.body, response.headers.get("content-type")) : "",
    };
  }

  return {
    async get(url, { signal, timeoutMs }) {
      guard.checkHost(new URL(url).hostname);
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        return await request(url, AbortSignal.any([signal, timeout]));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof FetchError) throw error;
        if (error instanceof Error && error.cause instanceof FetchError) throw error.cause;
        if (timeout.aborted) throw new FetchError("timeout", `no answer within ${timeoutMs / 1000} s`, error);
        throw new FetchError("network", wordOf(error), error);
      }
    },
    close: () => agent.destroy(),
  };
}

async function readText(body: AsyncIterable<Uint8Array>, contentType: string | null): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new FetchError("oversize", `the page is larger than ${BODY_BYTES_MAX / 1024 / 1024} MB`);
    parts.push(part);
  }
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  return decode(Buffer.concat(parts), charset);
}

function decode(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** The reason below what fetch says ("fetch failed"). */
function wordOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error);
}
