import { SaxesParser } from "saxes";
import type { Decoder } from "./decoder.ts";
import { detach } from "./detach.ts";
import { ReaderError, type ReaderErrorCode } from "./errors.ts";
import type { ResolvedXmlOptions } from "./options.ts";
import type { XmlHandlers } from "./xml.ts";

/** The parser behind its guards: limits, document types, positions. */
export interface XmlParser {
  begin(decoder: Decoder, markBytes: number): void;
  write(piece: string): void;
  end(): void;
  elements(): number;
  refuse(code: ReaderErrorCode, detail: string): never;
}

interface Mark {
  position: number;
  line: number;
  column: number;
  /** Known once the mark lies before the piece at hand. */
  byte: number | null;
}

/** Names that repeat are kept once; hostile documents with endless new names are not remembered beyond this. */
const NAMES_MAX = 1000;

export function createXmlParser(handlers: XmlHandlers, options: ResolvedXmlOptions): XmlParser {
  const parser = new SaxesParser({ xmlns: false, position: true });
  // The parser's own table inherits from a plain object.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: "&", gt: ">", lt: "<", quot: '"', apos: "'" });
  const names = new Map<string, string>();
  const path: string[] = [];
  const gathers: boolean[] = [];
  let decoder: Decoder | null = null;
  let piece = "";
  let pieceStart = 0;
  let pieceByte = 0;
  let elements = 0;
  let attributes = 0;
  let ending = false;
  /** Where the last token ended: an overlong one is reported there, wherever it was noticed. */
  const mark: Mark = { position: 0, line: 1, column: 0, byte: null };

  function byteAt(position: number): number {
    return pieceByte + (decoder?.bytesOf(piece.slice(0, Math.max(0, position - pieceStart))) ?? 0);
  }

  function refuse(code: ReaderErrorCode, detail: string): never {
    throw new ReaderError(code, detail, { line: parser.line, column: parser.column, byte: byteAt(parser.position), path: pathText() });
  }

  function pathText(): string {
    return path.length === 0 ? "" : `/${path.join("/")}`;
  }

  function checkToken(length: number): void {
    if (length <= options.tokenCharsMax) return;
    const detail = `a token of more than ${options.tokenCharsMax} characters begins after this place`;
    throw new ReaderError("token_too_long", detail, { line: mark.line, column: mark.column, byte: mark.byte ?? byteAt(mark.position), path: pathText() });
  }

  function tokenEnded(): void {
    mark.position = parser.position;
    mark.line = parser.line;
    mark.column = parser.column;
    mark.byte = null;
  }

  function localName(name: string): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    const local = detach(name.slice(name.indexOf(":") + 1));
    if (names.size < NAMES_MAX) names.set(detach(name), local);
    return local;
  }

  function onText(text: string): void {
    checkToken(text.length);
    if (gathers.at(-1) === true) handlers.text?.(detach(text));
    tokenEnded();
  }

  /** Without a text handler the parser throws text away instead of gathering it. */
  function gatherText(wanted: boolean): void {
    if (wanted) parser.on("text", onText);
    else parser.off("text");
  }

  parser.on("error", (error) => {
    const detail = error.message.replace(/^\d+:\d+: /, "").replace(/\.$/, "");
    refuse(ending ? "truncated" : "malformed", ending ? `the document breaks off: ${detail}` : detail);
  });
  parser.on("doctype", (text) => {
    checkToken(text.length);
    if (text.includes("<!ENTITY")) refuse("entity_declaration", "entity declarations are not accepted");
    tokenEnded();
  });
  parser.on("attribute", (attribute) => {
    checkToken(Math.max(attribute.name.length, attribute.value.length));
    attributes += 1;
    if (attributes > options.attributesMax) refuse("too_many_attributes", `an element has more than ${options.attributesMax} attributes`);
    tokenEnded();
  });
  parser.on("opentag", (tag) => {
    checkToken(tag.name.length);
    if (path.length >= options.depthMax) refuse("too_deep", `elements are nested more than ${options.depthMax} deep`);
    attributes = 0;
    elements += 1;
    const name = localName(tag.name);
    path.push(name);
    const answer = handlers.open?.({ name, attributes: localAttributes(tag.attributes, localName), line: parser.line });
    gathers.push(handlers.text !== undefined && answer !== "skip-text");
    gatherText(gathers.at(-1) === true);
    tokenEnded();
  });
  parser.on("closetag", () => {
    handlers.close?.(path.at(-1) ?? "");
    path.pop();
    gathers.pop();
    gatherText(gathers.at(-1) === true);
    tokenEnded();
  });
  parser.on("cdata", onText);

  return {
    begin(chosen, markBytes) {
      decoder = chosen;
      pieceByte = markBytes;
    },
    write(next) {
      mark.byte ??= byteAt(mark.position);
      pieceByte += decoder?.bytesOf(piece) ?? 0;
      pieceStart += piece.length;
      piece = next;
      parser.write(next);
      // What the parser still holds of an unfinished token. It is pinned to one version, and a test fails when these fields are renamed.
      checkToken(parser["text"].length + parser["name"].length + parser["piTarget"].length + parser["entity"].length + parser["openWakaBang"].length);
    },
    end() {
      ending = true;
      parser.close();
    },
    elements: () => elements,
    refuse,
  };
}

function localAttributes(written: Readonly<Record<string, string>>, localName: (name: string) => string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  for (const name in written) {
    const value = written[name];
    if (value === undefined || name === "xmlns" || name.startsWith("xmlns:")) continue;
    if (!name.includes(":")) attributes[localName(name)] = detach(value);
    else attributes[localName(name)] ??= detach(value);
  }
  return attributes;
}
