import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { CofferdamError } from "../model/index.ts";

/** Bytes of a refused body that are still read and thrown away, so that the client gets to read the answer. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024;

/** The body's bytes. More than `bytesMax` is refused while it comes in: never more than that is held. */
export function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  if (announced > bytesMax) {
    discardBody(incoming);
    return Promise.reject(tooLarge(bytesMax));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (act: () => void) => {
      incoming.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      act();
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= bytesMax) return;
      finish(() => {
        discardBody(incoming);
        reject(tooLarge(bytesMax));
      });
    };
    const onEnd = () => finish(() => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    const onGone = () => finish(() => reject(new CofferdamError("invalid_request", "the body ended before it was complete")));
    incoming.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
    if (incoming.readableEnded || incoming.destroyed) onGone();
  });
}

function discardBody(incoming: IncomingMessage): void {
  let bytes = 0;
  incoming.on("error", () => {});
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES_MAX) incoming.destroy();
  });
}

function tooLarge(bytesMax: number): CofferdamError {
  return new CofferdamError("input_too_large", `the body has more than ${bytesMax} bytes`, { hint: "Store large data elsewhere and give the job its address, or raise inputMax." });
}

const decoder = new TextDecoder("utf-8", { fatal: true });

export function decodeBody(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new CofferdamError("invalid_json", "the body is not valid UTF-8", { cause: error });
  }
}

/** A body must say that it is JSON: a form from another site cannot say so without asking first. */
export function checkMediaType(headers: IncomingHttpHeaders, hasBody: boolean): void {
  const contentType = headers["content-type"];
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new CofferdamError("unsupported_media_type", `the body is encoded with ${encoding}`, { hint: "Send it as it is, without Content-Encoding." });
  if (contentType === undefined && !hasBody) return;
  const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType === "application/json" || /^application\/[\w.-]+\+json$/.test(mediaType)) return;
  throw new CofferdamError("unsupported_media_type", mediaType === "" ? "the body has no Content-Type" : `the body is ${mediaType}, not application/json`, {
    hint: "Send Content-Type: application/json.",
  });
}
