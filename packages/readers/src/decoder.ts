import { TextDecoder } from "node:util";
import type { Encoding } from "./encoding.ts";

export interface Decoded {
  readonly text: string;
  /** True when the byte after `text` does not belong to the encoding; nothing may be decoded after that. */
  readonly invalid: boolean;
}

export interface Decoder {
  readonly encoding: Encoding;
  decode(bytes: Uint8Array): Decoded;
  end(): Decoded;
  /** How many bytes a decoded text took in the document. */
  bytesOf(text: string): number;
}

/** Decodes piece by piece; never replaces a bad byte, always hands over everything before it. */
export function createDecoder(encoding: Encoding): Decoder {
  switch (encoding) {
    case "iso-8859-1":
      return { encoding, decode: (bytes) => good(asBuffer(bytes).toString("latin1")), end: () => good(""), bytesOf: (text) => text.length };
    case "windows-1252": {
      const decoder = new TextDecoder("windows-1252");
      return { encoding, decode: (bytes) => good(decoder.decode(bytes)), end: () => good(""), bytesOf: (text) => text.length };
    }
    default:
      return createUnicodeDecoder(encoding);
  }
}

function createUnicodeDecoder(encoding: "utf-8" | "utf-16le" | "utf-16be"): Decoder {
  const fatal = (): TextDecoder => new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const whole = fatal();
  let tail = Buffer.alloc(0);
  return {
    encoding,
    decode(bytes) {
      const input = tail.length === 0 ? asBuffer(bytes) : Buffer.concat([tail, bytes]);
      const complete = encoding === "utf-8" ? completeUtf8(input) : completeUtf16(input, encoding);
      tail = Buffer.from(input.subarray(complete));
      try {
        return good(whole.decode(input.subarray(0, complete)));
      } catch {
        return { text: validPrefix(input, fatal), invalid: true };
      }
    },
    end: () => (tail.length === 0 ? good("") : { text: "", invalid: true }),
    bytesOf: (text) => (encoding === "utf-8" ? Buffer.byteLength(text, "utf8") : text.length * 2),
  };
}

/** "Decodes as far as here" is monotone in the length, so the last good length is found by halving. Only ever runs once per document. */
function validPrefix(input: Buffer, fatal: () => TextDecoder): string {
  let goodLength = 0;
  let badLength = input.length;
  let text = "";
  while (badLength - goodLength > 1) {
    const middle = (goodLength + badLength) >> 1;
    try {
      text = fatal().decode(input.subarray(0, middle), { stream: true });
      goodLength = middle;
    } catch {
      badLength = middle;
    }
  }
  return text;
}

/** Length without a last character that is still incomplete. */
function completeUtf8(input: Buffer): number {
  for (let back = 1; back <= Math.min(3, input.length); back += 1) {
    const byte = input[input.length - back] ?? 0;
    if (byte < 0x80) return input.length;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? input.length - back : input.length;
  }
  return input.length;
}

function completeUtf16(input: Buffer, encoding: "utf-16le" | "utf-16be"): number {
  const even = input.length - (input.length % 2);
  const high = even < 2 ? 0 : (input[encoding === "utf-16le" ? even - 1 : even - 2] ?? 0);
  return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
}

function good(text: string): Decoded {
  return { text, invalid: false };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
