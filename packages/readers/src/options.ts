export interface XmlLimits {
  /** Bytes of the whole document. Default: no limit. */
  readonly bytesMax: number;
  /** Elements inside each other. Default 128. */
  readonly depthMax: number;
  /** Attributes of one element. Default 256. */
  readonly attributesMax: number;
  /** Characters of one name, attribute value, comment, CDATA section or stretch of text that is held. Default 32 Mi. */
  readonly tokenCharsMax: number;
}

export interface XmlOptions extends Partial<XmlLimits> {
  /** Ends the reading; `readXml` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Characters that are parsed between two calls of `drain`. Default 65,536. */
  readonly pieceChars?: number;
}

export const DEFAULT_XML_LIMITS: XmlLimits = { bytesMax: Number.POSITIVE_INFINITY, depthMax: 128, attributesMax: 256, tokenCharsMax: 32 * 1024 * 1024 };

export interface ResolvedXmlOptions extends XmlLimits {
  readonly signal: AbortSignal | null;
  readonly pieceChars: number;
}

export function resolveXmlOptions(options: XmlOptions): ResolvedXmlOptions {
  return {
    bytesMax: atLeastOne("bytesMax", options.bytesMax ?? DEFAULT_XML_LIMITS.bytesMax),
    depthMax: atLeastOne("depthMax", options.depthMax ?? DEFAULT_XML_LIMITS.depthMax),
    attributesMax: atLeastOne("attributesMax", options.attributesMax ?? DEFAULT_XML_LIMITS.attributesMax),
    tokenCharsMax: atLeastOne("tokenCharsMax", options.tokenCharsMax ?? DEFAULT_XML_LIMITS.tokenCharsMax),
    pieceChars: atLeastOne("pieceChars", options.pieceChars ?? 65_536),
    signal: options.signal ?? null,
  };
}

function atLeastOne(name: string, value: number): number {
  if (!(value >= 1)) throw new RangeError(`${name}: ${value} is not a number of at least 1`);
  return value;
}
