import { ReaderError } from "../errors.ts";
import { engineMisreadsEscapedKeys } from "../json/engine.ts";
import { JsonFault, parseExact } from "../json/exact.ts";
import { countKeys } from "../json/count-keys.ts";
import { parsePassage } from "../json/passage.ts";
import { pathText } from "../json/paths.ts";
import { SCAN_FLAG, SCAN_MODE, type Scanner } from "../json/scanner.ts";
import { encodingOf, isCutCharacter, textOf, validLength } from "../json/utf8.ts";
import type { JsonValue } from "../json/value.ts";
import type { ResolvedNdjsonOptions } from "./options.ts";

/** All lines at once, as one array; null when at least one has to be looked at on its own. */
export function parseTogether(scanner: Scanner, from: number, to: number, options: ResolvedNdjsonOptions): readonly JsonValue[] | null {
  const { wasm, memory } = scanner;
  if (to - from > options.lineBytesMax) return null;
  wasm.begin(SCAN_MODE.array, options.json.depthMax, from);
  wasm.scanLines(from, to);
  if (!isPlain(wasm.flags.value, options)) return null;
  const encoding = encodingOf(memory.subarray(from, to));
  const parsed = encoding === null ? null : parsePassage(scanner, { from, to, kind: "lines", entries: 0, keys: wasm.keys.value, encoding });
  // No line may hold two values, and none may be empty: then there are as many values as lines.
  if (parsed === null || parsed.values.length !== wasm.lines.value + 1) return null;
  return options.json.duplicateKeys === "last" || parsed.hasSingleKeys() ? parsed.values : null;
}

/** The one value of a line. @throws ReaderError with the line's number */
export function parseLine(
  scanner: Scanner,
  line: { readonly from: number; readonly to: number; readonly byte: number; readonly number: number },
  options: ResolvedNdjsonOptions,
): JsonValue {
  const { from, to, byte, number } = line;
  const bytes = scanner.memory.subarray(from, to);
  const refuse = (code: ConstructorParameters<typeof ReaderError>[0], detail: string, before: number, path: string): never => {
    throw new ReaderError(code, detail, { line: number, column: before, byte: byte + before, path });
  };
  if (bytes.length > options.lineBytesMax) return refuse("token_too_long", `a line of more than ${options.lineBytesMax} bytes`, 0, "");
  const text = textOf(bytes);
  if (text === null) {
    const good = validLength(bytes);
    return isCutCharacter(bytes.subarray(good))
      ? refuse("truncated", "the line breaks off in a character", good, "")
      : refuse("invalid_bytes", "bytes that are not UTF-8", good, "");
  }
  scanner.wasm.begin(SCAN_MODE.array, options.json.depthMax, from);
  scanner.wasm.scanLines(from, to);
  const value = isPlain(scanner.wasm.flags.value, options) ? tryParse(text) : undefined;
  if (value !== undefined && (options.json.duplicateKeys === "last" || countKeys([value]) === scanner.wasm.keys.value)) return value;
  try {
    return parseExact(text, options.json).value;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return refuse(error.code, error.message, Buffer.byteLength(text.slice(0, error.at)), pathText(error.steps));
  }
}

/** Nothing in it that JSON.parse would get wrong. */
function isPlain(flags: number, options: ResolvedNdjsonOptions): boolean {
  if ((flags & (SCAN_FLAG.lineBroken | SCAN_FLAG.outOfPlace)) !== 0) return false;
  if ((flags & SCAN_FLAG.bigNumber) !== 0 && options.json.bigNumbers !== "number") return false;
  return (flags & SCAN_FLAG.escapedKey) === 0 || !engineMisreadsEscapedKeys();
}

function tryParse(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The first byte of the line after the one that begins at `from`, at most `to`. */
export function endOfLine(memory: Buffer, from: number, to: number): number {
  const feed = memory.subarray(from, to).indexOf(0x0a);
  return feed < 0 ? to : from + feed;
}

/** Only white space in it. */
export function isBlank(memory: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = memory[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
