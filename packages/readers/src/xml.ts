import { createDecoder, type Decoded, type Decoder } from "./decoder.ts";
import { detectEncoding, type Encoding } from "./encoding.ts";
import { ReaderError } from "./errors.ts";
import { resolveXmlOptions, type ResolvedXmlOptions, type XmlOptions } from "./options.ts";
import { createXmlParser, type XmlParser } from "./xml-parser.ts";

/** An element as it opens. Namespaces are ignored: names are local names, `xmlns` attributes are left out. */
export interface XmlElement {
  readonly name: string;
  /** Attribute values by local name; where two differ in the prefix only, the one without a prefix stands. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly line: number;
}

/**
 * Called in document order, synchronously. What a handler throws ends the reading and is thrown on unchanged.
 * Every string is a copy of its own: keeping it keeps nothing else alive.
 */
export interface XmlHandlers {
  /** Answer "skip-text" when the text directly inside this element is not wanted: it is then not gathered (a CDATA section still is, up to the token limit). */
  open?(element: XmlElement): void | "skip-text";
  /** A whole stretch of text or one CDATA section, up to the next tag or comment. */
  text?(text: string): void;
  close?(name: string): void;
  /** Called between pieces of the document and awaited: the place to write out what has gathered. Nothing is read meanwhile. */
  drain?(progress: { readonly bytes: number }): Promise<void> | void;
}

export interface XmlSummary {
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly elements: number;
}

/**
 * Reads one XML document from bytes, in constant memory. A document type declaration is passed over and never fetched; one that declares entities is refused.
 * The document is cut at fixed places before it is parsed, so the result never depends on how the bytes arrived.
 * @throws ReaderError for a bad document; the signal's reason; whatever the source or a handler threw.
 * @example
 * const summary = await readXml(createReadStream("report.xml"), { open: ({ name }) => { if (name === "testcase") count += 1; } });
 */
export async function readXml(source: AsyncIterable<Uint8Array>, handlers: XmlHandlers, options: XmlOptions = {}): Promise<XmlSummary> {
  const resolved = resolveXmlOptions(options);
  const feed = createFeed(handlers, resolved);
  for await (const chunk of source) {
    resolved.signal?.throwIfAborted();
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES_MAX) await feed.take(chunk.subarray(at, at + CHUNK_BYTES_MAX));
  }
  resolved.signal?.throwIfAborted();
  return await feed.finish();
}

/** A caller may hand over a whole file at once; it is decoded bit by bit all the same. */
const CHUNK_BYTES_MAX = 65_536;

/** Bytes in, pieces of decoded text to the parser, `drain` awaited after each. */
class Feed {
  readonly #handlers: XmlHandlers;
  readonly #options: ResolvedXmlOptions;
  readonly #parser: XmlParser;
  #decoder: Decoder | null = null;
  #start = Buffer.alloc(0);
  #text = "";
  #bytes = 0;

  constructor(handlers: XmlHandlers, options: ResolvedXmlOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#parser = createXmlParser(handlers, options);
  }

  async take(chunk: Uint8Array): Promise<void> {
    const room = this.#options.bytesMax - this.#bytes;
    const allowed = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#bytes += allowed.length;
    await this.#decode(allowed);
    if (allowed === chunk) return;
    await this.#parseRest();
    this.#parser.refuse("too_large", `the document is larger than ${this.#options.bytesMax} bytes`);
  }

  async finish(): Promise<XmlSummary> {
    const decoder = this.#decoder ?? (await this.#open(true));
    if (decoder !== null) await this.#accept(decoder.end());
    await this.#parseRest();
    this.#parser.end();
    await this.#handlers.drain?.({ bytes: this.#bytes });
    return { bytes: this.#bytes, encoding: decoder?.encoding ?? "utf-8", elements: this.#parser.elements() };
  }

  async #decode(chunk: Uint8Array): Promise<void> {
    if (this.#decoder !== null) return await this.#accept(this.#decoder.decode(chunk));
    this.#start = Buffer.concat([this.#start, chunk]);
    await this.#open(false);
  }

  /** Starts decoding once the encoding is known. */
  async #open(atEnd: boolean): Promise<Decoder | null> {
    const detection = detectEncoding(this.#start, atEnd);
    if (detection.kind === "refused") throw new ReaderError(detection.code, detection.detail, { line: 1, column: 0, byte: 0, path: "" });
    if (detection.kind === "more") return null;
    const decoder = createDecoder(detection.encoding);
    this.#decoder = decoder;
    this.#parser.begin(decoder, detection.markBytes);
    const held = this.#start.subarray(detection.markBytes);
    this.#start = Buffer.alloc(0);
    await this.#accept(decoder.decode(held));
    return decoder;
  }

  async #accept(decoded: Decoded): Promise<void> {
    this.#text += decoded.text;
    while (this.#text.length > this.#options.pieceChars) {
      const cut = endOfPiece(this.#text, this.#options.pieceChars);
      const piece = this.#text.slice(0, cut);
      this.#text = this.#text.slice(cut);
      await this.#parse(piece);
    }
    if (!decoded.invalid) return;
    await this.#parseRest();
    this.#parser.refuse("invalid_bytes", `a byte that is not ${this.#decoder?.encoding ?? "text"}`);
  }

  async #parseRest(): Promise<void> {
    const rest = this.#text;
    this.#text = "";
    if (rest !== "") await this.#parse(rest);
  }

  async #parse(piece: string): Promise<void> {
    this.#options.signal?.throwIfAborted();
    this.#parser.write(piece);
    await this.#handlers.drain?.({ bytes: this.#bytes });
  }
}

function createFeed(handlers: XmlHandlers, options: ResolvedXmlOptions): Feed {
  return new Feed(handlers, options);
}

/** Never between the two halves of a character. */
function endOfPiece(text: string, at: number): number {
  const last = text.charCodeAt(at - 1);
  return last >= 0xd800 && last <= 0xdbff ? at + 1 : at;
}
