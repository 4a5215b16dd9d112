import type { Settings } from "../settings.ts";
import { EtlError, messageOf } from "../errors.ts";

/**
 * The upstream's answer as a stream, its bytes as they come.
 * @throws EtlError `TIMEOUT` or `CRASH`, not permanent, when it refuses or breaks off
 */
export async function fetchProfile(namecode: string, settings: Pick<Settings, "upstreamUrl" | "upstreamClientVersion">, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(settings.upstreamUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ functionName: "get_hero_profile", clientVersion: settings.upstreamClientVersion, NameCode: namecode }),
    signal,
  }).catch((error: unknown) => {
    throw upstreamError(`the upstream cannot be reached: ${messageOf(error)}`, error);
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw upstreamError(`the upstream answered ${response.status}`, null);
  }
  return readBody(response.body);
}

async function* readBody(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw upstreamError(`the upstream broke off: ${messageOf(error)}`, error);
  }
}

function upstreamError(message: string, cause: unknown): EtlError {
  return new EtlError("CRASH", message, { permanent: false, ...(cause === null ? {} : { cause }) });
}
