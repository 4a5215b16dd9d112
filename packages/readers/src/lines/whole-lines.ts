import type { ReaderErrorPlace } from "../errors.ts";
import { openInput, resolveInputOptions, type InputOptions, type ReaderInput } from "../input/index.ts";
import { BATCH_BYTES, DATA_START, type Scanner } from "../json/scanner.ts";
import type { ResolvedLinesOptions } from "./options.ts";

/** Lines in the scanner's memory, from DATA_START to `to`, without the last one's line feed. */
export interface WholeLines {
  readonly kind: "lines";
  readonly to: number;
  readonly startByte: number;
  /** Behind the last line's line feed. */
  readonly endByte: number;
}

/** A line that is longer than allowed; it is passed over. */
export interface LongLine {
  readonly kind: "too-long";
  readonly startByte: number;
}

/** The line that was too long has ended. */
export interface LongLineEnd {
  readonly kind: "passed";
  readonly endByte: number;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Whole lines, as many at a time as one chunk of the source ends. The memory is used again when the next ones are asked for. */
export async function* wholeLines(
  input: ReaderInput,
  scanner: Scanner,
  options: ResolvedLinesOptions & { readonly input: InputOptions; readonly line: () => number },
): AsyncGenerator<WholeLines | LongLine | LongLineEnd, void, void> {
  let held = 0;
  let startByte = options.startByte;
  let passing = false;
  const place = (byte: number): ReaderErrorPlace => ({ line: options.line(), column: Math.max(0, byte - startByte), byte, path: "" });
  for await (const chunk of openInput(input, resolveInputOptions(options.input, { startByte, chunkBytes: BATCH_BYTES, place }))) {
    const feed = chunk.indexOf(LINE_FEED);
    if (passing && feed < 0) {
      startByte += chunk.length;
      continue;
    }
    const bytes = passing ? chunk.subarray(feed + 1) : chunk;
    if (passing) {
      startByte += feed + 1;
      passing = false;
      yield { kind: "passed", endByte: startByte };
    }
    scanner.reserve(held + bytes.length);
    scanner.memory.set(bytes, DATA_START + held);
    const before = held;
    held += bytes.length;
    const last = bytes.lastIndexOf(LINE_FEED);
    if (last >= 0) {
      const length = before + last;
      yield { kind: "lines", to: DATA_START + length, startByte, endByte: startByte + length + 1 };
      scanner.memory.copyWithin(DATA_START, DATA_START + length + 1, DATA_START + held);
      held -= length + 1;
      startByte += length + 1;
    }
    if (held <= options.lineBytesMax) continue;
    yield { kind: "too-long", startByte };
    startByte += held;
    held = 0;
    passing = true;
  }
  if (passing) yield { kind: "passed", endByte: startByte };
  if (held > 0) yield { kind: "lines", to: DATA_START + held, startByte, endByte: startByte + held };
}

/** How many bytes of a byte order mark the document begins with. */
export function markBytes(memory: Buffer, { startByte, to }: WholeLines): number {
  return startByte === 0 && memory.subarray(DATA_START, Math.min(to, DATA_START + 3)).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
}
