import { isAscii, isUtf8 } from "node:buffer";

/** The text, or null when these bytes are not UTF-8. */
export function textOf(bytes: Buffer): string | null {
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : null;
}

/** How many bytes from the start are UTF-8; a last character that is cut off does not count. */
export function validLength(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) good = middle;
    else bad = middle;
  }
  return characterStart(bytes, good);
}

/** True when the bytes from here on are the beginning of a character and nothing else. */
export function isCutCharacter(bytes: Buffer): boolean {
  const lengths: readonly number[] = [2, 3, 4];
  return (
    bytes.length > 0 &&
    lengths.some(
      (length) => length > bytes.length && FILLERS.some((filler) => isUtf8(Buffer.concat([bytes, Buffer.from([filler, 0x80, 0x80]).subarray(0, length - bytes.length)]))),
    )
  );
}

/** Second bytes of which one fits any first byte. */
const FILLERS: readonly number[] = [0x80, 0xa0, 0x90];

/** The start of the character that `at` lies in. */
function characterStart(bytes: Buffer, at: number): number {
  for (let back = at; back > Math.max(0, at - 4); back -= 1) {
    const byte = bytes[back] ?? 0;
    if (back === bytes.length || byte < 0x80 || byte >= 0xc0) return back;
  }
  return at;
}
