import type { ReaderErrorPlace } from "../errors.ts";

/** A place in the document that later ones are counted from. */
export interface Anchor {
  readonly byte: number;
  readonly line: number;
  /** Where this line began. */
  readonly lineStart: number;
}

const LINE_FEED = 0x0a;

/** The anchor moved on over these bytes. */
export function moveOn(anchor: Anchor, bytes: Uint8Array): Anchor {
  let { line, lineStart } = anchor;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    line += 1;
    lineStart = anchor.byte + at + 1;
  }
  return { byte: anchor.byte + bytes.length, line, lineStart };
}

/** The same where the number of line feeds is known. */
export function moveOnBy(anchor: Anchor, bytes: Uint8Array, lineFeeds: number): Anchor {
  const lineStart = lineFeeds === 0 ? anchor.lineStart : anchor.byte + bytes.lastIndexOf(LINE_FEED) + 1;
  return { byte: anchor.byte + bytes.length, line: anchor.line + lineFeeds, lineStart };
}

export function placeOf({ byte, line, lineStart }: Anchor, path: string): ReaderErrorPlace {
  return { byte, line, column: byte - lineStart, path };
}
