import { ReaderError } from "../errors.ts";
import type { ReaderInput } from "../input/index.ts";
import { borrowScanner, DATA_START, giveBackScanner, type Scanner } from "../json/scanner.ts";
import { textOf, validLength } from "../json/utf8.ts";
import { resolveLinesOptions, type LinesOptions, type ResolvedLinesOptions } from "./options.ts";
import { markBytes, wholeLines, type WholeLines } from "./whole-lines.ts";

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
  const scanner = borrowScanner();
  const reading: LineCount = { line: resolved.startLine };
  try {
    for await (const part of wholeLines(input, scanner, { ...resolved, input: options, line: () => reading.line })) {
      if (part.kind === "too-long") throw tooLong(reading.line, part.startByte, resolved);
      if (part.kind === "passed") continue;
      yield toBatch(scanner, part, reading, resolved);
      options.signal?.throwIfAborted();
    }
  } finally {
    giveBackScanner(scanner);
  }
}

interface LineCount {
  line: number;
}

function toBatch(scanner: Scanner, part: WholeLines, reading: LineCount, options: ResolvedLinesOptions): LineBatch {
  const mark = markBytes(scanner.memory, part);
  const startByte = part.startByte + mark;
  const bytes = scanner.memory.subarray(DATA_START + mark, part.to);
  const firstLine = reading.line;
  const text = textOf(bytes);
  if (text === null) throw wrongBytes(bytes, firstLine, startByte);
  const lines = text.split("\n");
  if (bytes.length > options.lineBytesMax) checkLengths(lines, firstLine, startByte, options);
  reading.line += lines.length;
  return { lines: lines.map((one) => (one.endsWith("\r") ? one.slice(0, -1) : one)), firstLine, startByte, endByte: part.endByte };
}

function checkLengths(lines: readonly string[], firstLine: number, startByte: number, options: ResolvedLinesOptions): void {
  let before = startByte;
  for (const [index, line] of lines.entries()) {
    const bytes = Buffer.byteLength(line);
    if (bytes > options.lineBytesMax) throw tooLong(firstLine + index, before, options);
    before += bytes + 1;
  }
}

function tooLong(line: number, byte: number, { lineBytesMax }: ResolvedLinesOptions): ReaderError {
  return new ReaderError("token_too_long", `a line of more than ${lineBytesMax} bytes`, { line, column: 0, byte, path: "" });
}

function wrongBytes(bytes: Buffer, firstLine: number, startByte: number): ReaderError {
  const good = validLength(bytes);
  const before = bytes.subarray(0, good);
  const lineStart = before.lastIndexOf(0x0a) + 1;
  const line = firstLine + before.toString("latin1").split("\n").length - 1;
  return new ReaderError("invalid_bytes", "bytes that are not UTF-8", { line, column: good - lineStart, byte: startByte + good, path: "" });
}
