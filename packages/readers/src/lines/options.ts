import { atLeastOne, type InputOptions } from "../input/index.ts";
import { resolveJsonOptions, type JsonOptions, type ResolvedJsonOptions } from "../json/options.ts";
import type { ReaderError } from "../errors.ts";

export interface LinesOptions extends InputOptions {
  /** Offset in the document (unpacked, when it is packed) to begin at: the start of a line, such as the `endByte` of a batch. A plain file is not read before it. Default 0. */
  readonly startByte?: number;
  /** The number of the line that begins at `startByte`. Default 1. */
  readonly startLine?: number;
  /** Bytes of one line. Default 16 MiB. */
  readonly lineBytesMax?: number;
}

export interface NdjsonOptions extends LinesOptions, Pick<JsonOptions, "depthMax" | "bigNumbers" | "duplicateKeys"> {
  /** Called for a line that is no JSON (or too long, too deep, not UTF-8) and awaited; reading goes on behind it. Without it such a line ends the reading. */
  readonly onBadLine?: (error: ReaderError) => void | Promise<void>;
}

export interface ResolvedLinesOptions {
  readonly startByte: number;
  readonly startLine: number;
  readonly lineBytesMax: number;
}

export interface ResolvedNdjsonOptions extends ResolvedLinesOptions {
  readonly json: ResolvedJsonOptions;
  readonly onBadLine: ((error: ReaderError) => void | Promise<void>) | null;
}

/** @throws RangeError */
export function resolveLinesOptions(options: LinesOptions): ResolvedLinesOptions {
  const startByte = options.startByte ?? 0;
  if (!(Number.isSafeInteger(startByte) && startByte >= 0)) throw new RangeError(`startByte: ${startByte} is no offset`);
  return { startByte, startLine: atLeastOne("startLine", options.startLine ?? 1), lineBytesMax: atLeastOne("lineBytesMax", options.lineBytesMax ?? 16 * 1024 * 1024) };
}

/** @throws RangeError */
export function resolveNdjsonOptions(options: NdjsonOptions): ResolvedNdjsonOptions {
  return { ...resolveLinesOptions(options), json: resolveJsonOptions(options), onBadLine: options.onBadLine ?? null };
}
