import { atLeastOne, type InputOptions } from "../input/index.ts";

export interface XmlLimits {
  /** Elements inside each other. Default 128. */
  readonly depthMax: number;
  /** Attributes of one element. Default 256. */
  readonly attributesMax: number;
  /**
   * Bytes (as UTF-8) of one tag or document type declaration: what has to be held at once. Default 32 Mi, at least 64.
   * Text, CDATA, comments and processing instructions are never held whole and have no limit of their own.
   */
  readonly tokenBytesMax: number;
  /** References (`&amp;`, `&#38;`) in the whole document. They never stand for more than one character. Default: no limit. */
  readonly referencesMax: number;
}

/** Limits, and what is known of the input: `gzip`, `bytesMax` (of the source and of the unpacked document), `signal`, `onProgress`. */
export interface XmlOptions extends Partial<XmlLimits>, InputOptions {}

export const DEFAULT_XML_LIMITS: XmlLimits = { depthMax: 128, attributesMax: 256, tokenBytesMax: 32 * 1024 * 1024, referencesMax: Number.POSITIVE_INFINITY };

/** @throws RangeError */
export function resolveXmlLimits(options: XmlOptions): XmlLimits {
  const tokenBytesMax = options.tokenBytesMax ?? DEFAULT_XML_LIMITS.tokenBytesMax;
  // Below this not even the words of the grammar fit.
  if (!(tokenBytesMax >= 64)) throw new RangeError(`tokenBytesMax: ${tokenBytesMax} is not a number of at least 64`);
  return {
    depthMax: atLeastOne("depthMax", options.depthMax ?? DEFAULT_XML_LIMITS.depthMax),
    attributesMax: atLeastOne("attributesMax", options.attributesMax ?? DEFAULT_XML_LIMITS.attributesMax),
    tokenBytesMax,
    referencesMax: atLeastOne("referencesMax", options.referencesMax ?? DEFAULT_XML_LIMITS.referencesMax),
  };
}
