import { isAscii, isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

/** How these bytes are made a string fastest; null when they are not UTF-8. */
export function encodingOf(bytes: Buffer): "latin1" | "utf8" | null {
  if (isAscii(bytes)) return "latin1";
  return isUtf8(bytes) ? "utf8" : null;
}

/** The text, or null when these bytes are not UTF-8. */
export function textOf(bytes: Buffer): string | null {
  const encoding = encodingOf(bytes);
  return encoding === null ? null : bytes.toString(encoding);
}

/** How many bytes from the start are whole characters of UTF-8. "Can be read as far as here" is monotone, so the place is found by halving. */
export function validLength(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length + 1;
  let length = 0;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
      length = Buffer.byteLength(text);
    } catch {
      bad = middle;
    }
  }
  return length;
}

/** True when these bytes are the beginning of a character and nothing else. */
export function isCutCharacter(bytes: Buffer): boolean {
  if (bytes.length === 0 || bytes.length > 3) return false;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }) === "";
  } catch {
    return false;
  }
}
