import { ReaderError } from "../errors.ts";
import type { ReaderInput } from "../input/index.ts";
import { DATA_START, Scanner } from "../json/scanner.ts";
import { textOf, validLength } from "../json/utf8.ts";
import { resolveLinesOptions, type LinesOptions } from "./options.ts";
import { markBytes, wholeLines } from "./whole-lines.ts";

/** Lines that follow each other, without their line feeds. */
export interface LineBatch {
  readonly lines: readonly string[];
  readonly firstLine: number;
  readonly startByte: number;
  /** Behind the last line: reading can be taken up here. */
  readonly endByte: number;
}

/**
 * The lines of a UTF-8 text of any size, some at a time, empty ones included; `\r\n` is as good as `\n`. Leaving the loop closes the source.
 * @throws ReaderError `invalid_bytes`, `token_too_long`, and those of the source
 * @example
 * for await (const { lines, endByte } of readLines("server.log", { startByte })) for (const line of lines) look(line);
 */
export async function* readLines(input: ReaderInput, options: LinesOptions = {}): AsyncGenerator<LineBatch, void, void> {
  const resolved = resolveLinesOptions(options);
  const scanner = new Scanner();
  let line = resolved.startLine;
  for await (const part of wholeLines(input, scanner, { ...resolved, input: options, line: () => line })) {
    const tooLong = (at: number, startByte: number): ReaderError =>
      new ReaderError("token_too_long", `a line of more than ${resolved.lineBytesMax} bytes`, { line: at, column: 0, byte: startByte, path: "" });
    if (part.kind === "passed") continue;
    if (part.kind === "too-long") throw tooLong(line, part.startByte);
    const mark = markBytes(scanner.memory, part);
    const bytes = scanner.memory.subarray(DATA_START + mark, part.to);
    const text = textOf(bytes);
    if (text === null) throw wrongBytes(bytes, line, part.startByte + mark);
    const lines = text.split("\n");
    const first = line;
    line += lines.length;
    if (bytes.length > resolved.lineBytesMax) {
      let before = part.startByte + mark;
      for (const [index, one] of lines.entries()) {
        const length = Buffer.byteLength(one);
        if (length > resolved.lineBytesMax) throw tooLong(first + index, before);
        before += length + 1;
      }
    }
    yield { lines: lines.map((one) => (one.endsWith("\r") ? one.slice(0, -1) : one)), firstLine: first, startByte: part.startByte + mark, endByte: part.endByte };
    options.signal?.throwIfAborted();
  }
}

function wrongBytes(bytes: Buffer, firstLine: number, startByte: number): ReaderError {
  const good = validLength(bytes);
  const before = bytes.subarray(0, good);
  const lineStart = before.lastIndexOf(0x0a) + 1;
  const line = firstLine + before.toString("latin1").split("\n").length - 1;
  return new ReaderError("invalid_bytes", "bytes that are not UTF-8", { line, column: good - lineStart, byte: startByte + good, path: "" });
}
