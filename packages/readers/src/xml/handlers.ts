import type { Encoding } from "./encoding.ts";
import type { XmlPlace } from "./place.ts";

/** An element as it opens. Namespaces are ignored: names are local names, `xmlns` attributes are left out. */
export interface XmlElement {
  readonly name: string;
  /** Attribute values by local name; where two differ in the prefix only, the one without a prefix stands. Has no prototype to stumble over. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly line: number;
}

/**
 * Called in document order, synchronously. What a handler throws ends the reading and is thrown on unchanged.
 * A string that is kept keeps at most the tag alive that it stood in, never the input around it.
 */
export interface XmlHandlers {
  /** Answer "skip-text" when the text directly inside this element is not wanted: it is then checked, but neither decoded nor gathered. */
  open?(element: XmlElement, place: XmlPlace): void | "skip-text";
  /**
   * A stretch of text up to the next tag, comment or processing instruction, or a CDATA section.
   * One longer than 65,536 characters comes in pieces of so many: text of any length takes constant memory.
   */
  text?(text: string, place: XmlPlace): void;
  close?(name: string, place: XmlPlace): void;
  /** Called between pieces of the document and awaited: the place to write out what has gathered. Nothing is read meanwhile. */
  drain?(progress: { readonly bytes: number }): Promise<void> | void;
}

export interface XmlSummary {
  /** Bytes of the document (unpacked). */
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly elements: number;
}
