import { decodeBuffer } from "encoding-sniffer";

/** Bytes → text as browsers do it: a byte order mark, the header's charset, a `<meta charset>`; else UTF-8. What fits no encoding becomes U+FFFD. */
export function decodePage(bytes: Buffer, contentType: string | null): string {
  const label = contentType === null ? undefined : /charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1];
  return decodeBuffer(bytes, { defaultEncoding: "utf-8", ...(label === undefined ? {} : { transportLayerEncodingLabel: label }) });
}
