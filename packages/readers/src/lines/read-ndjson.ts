import { ReaderError } from "../errors.ts";
import type { ReaderInput } from "../input/index.ts";

import { borrowScanner, DATA_START, giveBackScanner } from "../json/scanner.ts";
import type { JsonValue } from "../json/value.ts";
import { resolveNdjsonOptions, type NdjsonOptions, type ResolvedNdjsonOptions } from "./options.ts";
import { endOfLine, isBlank, parseLine, parseTogether } from "./parse-lines.ts";
import { markBytes, wholeLines, type LongLine, type LongLineEnd, type WholeLines } from "./whole-lines.ts";

/** The values of lines that follow each other: line `firstLine + index` is `values[index]`. */
export interface NdjsonBatch {
  readonly values: readonly JsonValue[];
  readonly firstLine: number;
  readonly startByte: number;
  /** Behind the last line: reading can be taken up here (`startByte`, with `startLine: firstLine + values.length`). */
  readonly endByte: number;
}

/** Called with the values of some lines; what it answers is awaited, and nothing is read meanwhile. */
export type NdjsonVisitor = (batch: NdjsonBatch) => void | Promise<void>;

export interface NdjsonSummary {
  readonly values: number;
  readonly badLines: number;
  /** The number of the line that would come next, and its first byte. */
  readonly nextLine: number;
  readonly endByte: number;
}

/**
 * Reads newline-delimited JSON (NDJSON, JSON Lines) of any size in constant memory. Blank lines are passed over, `\r\n` is as good as `\n`, the last line needs neither.
 * @throws ReaderError for a bad line (unless `onBadLine` takes it) or source; the signal's reason; what the visitor or a given stream threw.
 * @example
 * await readNdjson("events.ndjson.gz", async ({ values, endByte }) => { await save(values); await job.checkpoint({ startByte: endByte }); });
 */
export async function readNdjson(input: ReaderInput, visitor: NdjsonVisitor, options: NdjsonOptions = {}): Promise<NdjsonSummary> {
  const batches = ndjsonBatches(input, options);
  for (;;) {
    const next = await batches.next();
    if (next.done === true) return next.value;
    try {
      await visitor(next.value);
    } catch (error) {
      await batches.return(NOTHING);
      throw error;
    }
  }
}

const NOTHING: NdjsonSummary = { values: 0, badLines: 0, nextLine: 1, endByte: 0 };

/**
 * The same for `for await`. Leaving the loop closes the source.
 * @example
 * for await (const { values } of ndjsonBatches("events.ndjson", { startByte })) for (const event of values) count(event);
 */
export async function* ndjsonBatches(input: ReaderInput, options: NdjsonOptions = {}): AsyncGenerator<NdjsonBatch, NdjsonSummary, void> {
  const resolved = resolveNdjsonOptions(options);
  const reading = new LineReading(resolved);
  try {
    for await (const lines of wholeLines(input, reading.scanner, { ...resolved, input: options, line: () => reading.line })) {
      for (const part of reading.take(lines)) {
        if (!(part instanceof ReaderError)) yield part;
        else if (resolved.onBadLine === null) throw part;
        else await resolved.onBadLine(part);
        options.signal?.throwIfAborted();
      }
    }
    return reading.summary();
  } finally {
    giveBackScanner(reading.scanner);
  }
}

class LineReading {
  readonly scanner = borrowScanner();
  readonly #options: ResolvedNdjsonOptions;
  #values = 0;
  #badLines = 0;
  #endByte: number;
  line: number;

  constructor(options: ResolvedNdjsonOptions) {
    this.#options = options;
    this.#endByte = options.startByte;
    this.line = options.startLine;
  }

  summary(): NdjsonSummary {
    return { values: this.#values, badLines: this.#badLines, nextLine: this.line, endByte: this.#endByte };
  }

  *take(lines: WholeLines | LongLine | LongLineEnd): Generator<NdjsonBatch | ReaderError> {
    if (lines.kind === "lines") return yield* this.#lines(lines);
    if (lines.kind === "passed") {
      this.#endByte = lines.endByte;
      this.line += 1;
      return;
    }
    this.#badLines += 1;
    yield new ReaderError("token_too_long", `a line of more than ${this.#options.lineBytesMax} bytes`, { line: this.line, column: 0, byte: lines.startByte, path: "" });
  }

  /** All lines together where that can be; else each on its own. */
  *#lines(lines: WholeLines): Generator<NdjsonBatch | ReaderError> {
    const mark = markBytes(this.scanner.memory, lines);
    const from = DATA_START + mark;
    const values = parseTogether(this.scanner, from, lines.to, this.#options);
    if (values === null) return yield* this.#oneByOne(lines, from);
    yield this.#batch(values, lines.startByte + mark, lines.endByte);
  }

  *#oneByOne(lines: WholeLines, first: number): Generator<NdjsonBatch | ReaderError> {
    const byteOf = (at: number): number => Math.min(lines.startByte + at - DATA_START, lines.endByte);
    let gathered: JsonValue[] = [];
    let batchStart = first;
    for (let from = first; from <= lines.to;) {
      const to = endOfLine(this.scanner.memory, from, lines.to);
      const value = isBlank(this.scanner.memory, from, to) ? BLANK : this.#parse({ from, to, byte: byteOf(from), number: this.line + gathered.length });
      if (value !== BLANK && !(value instanceof ReaderError)) gathered.push(value);
      else {
        if (gathered.length > 0) yield this.#batch(gathered, byteOf(batchStart), byteOf(from));
        gathered = [];
        batchStart = to + 1;
        this.line += 1;
        this.#endByte = byteOf(to + 1);
        if (value instanceof ReaderError) {
          this.#badLines += 1;
          yield value;
        }
      }
      from = to + 1;
    }
    if (gathered.length > 0) yield this.#batch(gathered, byteOf(batchStart), lines.endByte);
  }

  #parse(line: { readonly from: number; readonly to: number; readonly byte: number; readonly number: number }): JsonValue | ReaderError {
    try {
      return parseLine(this.scanner, line, this.#options);
    } catch (error) {
      if (error instanceof ReaderError) return error;
      throw error;
    }
  }

  #batch(values: readonly JsonValue[], startByte: number, endByte: number): NdjsonBatch {
    const firstLine = this.line;
    this.line += values.length;
    this.#values += values.length;
    this.#endByte = endByte;
    return { values, firstLine, startByte, endByte };
  }
}

const BLANK = Symbol("blank line");
