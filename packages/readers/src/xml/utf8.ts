import { isAscii, isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import type { Encoding } from "./encoding.ts";

export interface Utf8Part {
  /** Valid UTF-8 that ends with a whole character. May lie in the memory of what was given. */
  readonly bytes: Buffer;
  /** True when the byte after these does not belong to the document's encoding; nothing may be pushed after that. */
  readonly invalid: boolean;
}

/** A document's bytes as UTF-8, part by part; a character that is cut waits for its rest. Never replaces a bad byte, always hands over everything before it. */
export interface Utf8Reader {
  push(chunk: Buffer): Utf8Part;
  /** True when a character is still incomplete. */
  readonly waits: boolean;
}

export function createUtf8Reader(encoding: Encoding): Utf8Reader {
  switch (encoding) {
    case "utf-8":
      return cutReader(completeUtf8, readUtf8);
    case "utf-16le":
    case "utf-16be":
      return cutReader((input) => completeUtf16(input, encoding), readUtf16(encoding));
    case "iso-8859-1":
      return byteReader((chunk) => chunk.toString("latin1"));
    case "windows-1252": {
      const decoder = new TextDecoder("windows-1252");
      return byteReader((chunk) => decoder.decode(chunk));
    }
  }
}

/** One byte is one character, and each is one. */
function byteReader(decode: (chunk: Buffer) => string): Utf8Reader {
  return { push: (chunk) => ({ bytes: isAscii(chunk) ? chunk : Buffer.from(decode(chunk), "utf8"), invalid: false }), waits: false };
}

function cutReader(complete: (input: Buffer) => number, read: (input: Buffer, complete: number) => Utf8Part): Utf8Reader {
  let tail = Buffer.alloc(0);
  return {
    push(chunk) {
      const input = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      const length = complete(input);
      tail = Buffer.from(input.subarray(length));
      return read(input, length);
    },
    get waits() {
      return tail.length > 0;
    },
  };
}

function readUtf8(input: Buffer, complete: number): Utf8Part {
  const whole = input.subarray(0, complete);
  if (isUtf8(whole)) return { bytes: whole, invalid: false };
  const isGood = (length: number): boolean => isUtf8(input.subarray(0, completeUtf8(input.subarray(0, length))));
  return { bytes: input.subarray(0, completeUtf8(input.subarray(0, lastGood(input.length, isGood)))), invalid: true };
}

function readUtf16(encoding: "utf-16le" | "utf-16be"): (input: Buffer, complete: number) => Utf8Part {
  const decode = (input: Buffer): string => new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(input);
  const isGood = (input: Buffer): boolean => {
    try {
      decode(input);
      return true;
    } catch {
      return false;
    }
  };
  return (input, complete) => {
    const whole = input.subarray(0, complete);
    if (isGood(whole)) return { bytes: Buffer.from(decode(whole), "utf8"), invalid: false };
    const length = lastGood(input.length, (at) => isGood(input.subarray(0, completeUtf16(input.subarray(0, at), encoding))));
    return { bytes: Buffer.from(decode(input.subarray(0, completeUtf16(input.subarray(0, length), encoding))), "utf8"), invalid: true };
  };
}

/** "Good as far as here" is monotone in the length, so the last good length is found by halving. Only ever runs once per document. */
function lastGood(length: number, isGood: (length: number) => boolean): number {
  let good = 0;
  let bad = length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
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
