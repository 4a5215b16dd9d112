import { ReaderError, START, type ReaderErrorPlace } from "../errors.ts";
import { XmlDocument } from "./document.ts";
import { detectEncoding, type Encoding } from "./encoding.ts";
import type { XmlHandlers, XmlSummary } from "./handlers.ts";
import type { XmlLimits } from "./options.ts";
import { createUtf8Reader, type Utf8Reader } from "./utf8.ts";

interface Opened {
  readonly encoding: Encoding;
  readonly utf8: Utf8Reader;
  readonly document: XmlDocument;
}

/** From bytes to the grammar, by way of the encoding. */
export class Reading {
  bytes = 0;
  readonly #handlers: XmlHandlers;
  readonly #limits: XmlLimits;
  #opened: Opened | null = null;
  /** The first bytes, until the encoding is known. */
  #start = Buffer.alloc(0);

  constructor(handlers: XmlHandlers, limits: XmlLimits) {
    this.#handlers = handlers;
    this.#limits = limits;
  }

  take(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.#opened !== null) return push(this.#opened, chunk);
    this.#start = Buffer.concat([this.#start, chunk]);
    this.#open(false);
  }

  finish(): XmlSummary {
    const { encoding, utf8, document } = this.#opened ?? this.#open(true) ?? refuseStart("truncated", "the document has no root element");
    if (utf8.waits) document.breakOff("invalid_bytes", `the document ends within a character of ${encoding}`);
    document.finish();
    return { bytes: this.bytes, encoding, elements: document.elements };
  }

  /** Where an input ends that says no more. */
  place(byte: number): ReaderErrorPlace {
    return this.#opened?.document.placeOfEnd() ?? { ...START, byte };
  }

  /** Starts once the encoding is known. */
  #open(atEnd: boolean): Opened | null {
    const detection = detectEncoding(this.#start, atEnd);
    if (detection.kind === "refused") return refuseStart(detection.code, detection.detail);
    if (detection.kind === "more") return null;
    const { encoding, markBytes } = detection;
    const opened = { encoding, utf8: createUtf8Reader(encoding), document: new XmlDocument(this.#handlers, this.#limits, encoding, markBytes) };
    this.#opened = opened;
    const held = this.#start.subarray(markBytes);
    this.#start = Buffer.alloc(0);
    push(opened, held);
    return opened;
  }
}

function push({ encoding, utf8, document }: Opened, chunk: Buffer): void {
  const { bytes, invalid } = utf8.push(chunk);
  document.window.append(bytes);
  if (invalid) document.breakOff("invalid_bytes", `a byte that is not ${encoding}`);
  document.advance();
}

function refuseStart(code: "truncated" | "encoding_conflict" | "unsupported_encoding", detail: string): never {
  throw new ReaderError(code, detail, START);
}
