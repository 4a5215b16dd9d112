import type { Window } from "./window.ts";

/**
 * Where the reader stands: `open` and `close` are called at the "<" of their tag, `text` where the text (or this piece of it) ends.
 * Valid during the call only; what is not asked for is not worked out.
 */
export interface XmlPlace {
  /** 1 for the first line. */
  readonly line: number;
  /** 0 for the first character of a line, counted in Unicode characters. */
  readonly column: number;
  /** Offset in the document as it was written (unpacked), byte order mark included. */
  readonly byte: number;
  /** Local names of the open elements with the one at hand, e.g. `/testsuites/testsuite`. */
  readonly path: string;
}

export class LivePlace implements XmlPlace {
  readonly #window: Window;
  readonly #path: readonly string[];

  constructor(window: Window, path: readonly string[]) {
    this.#window = window;
    this.#path = path;
  }

  get line(): number {
    return this.#window.line;
  }

  get column(): number {
    return this.#window.columnAt(this.#window.at);
  }

  get byte(): number {
    return this.#window.byteAt(this.#window.at);
  }

  get path(): string {
    return this.#path.length === 0 ? "" : `/${this.#path.join("/")}`;
  }
}
