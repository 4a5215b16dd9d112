import { ReaderError, type ReaderErrorCode, type ReaderErrorPlace } from "../errors.ts";
import { AMPERSAND, BANG, CDATA_STOPS, CLOSE_BRACKET, COMMENT_STOPS, GREATER, INSTRUCTION_STOPS, isWhite, LESS, MINUS, QUESTION, SLASH, TEXT_STOPS } from "./bytes.ts";
import { passDeclaration } from "./declaration.ts";
import { passDoctype } from "./doctype.ts";
import { Elements } from "./elements.ts";
import type { Encoding } from "./encoding.ts";
import type { XmlHandlers } from "./handlers.ts";
import { passTarget } from "./instruction.ts";
import type { XmlLimits } from "./options.ts";
import { readReference } from "./references.ts";
import { OUT_OF_BYTES, Window } from "./window.ts";

/** What the next byte belongs to. "start" is before anything was read, where alone an XML declaration may stand. */
type State = "start" | "content" | "cdata" | "comment" | "instruction";

const INSIDE: Readonly<Record<State, string>> = {
  start: "",
  content: "",
  cdata: " inside a CDATA section",
  comment: " inside a comment",
  instruction: " inside a processing instruction",
};

const CDATA = Buffer.from("<![CDATA[");
const DOCTYPE = Buffer.from("<!DOCTYPE");
const COMMENT = Buffer.from("<!--");

/** Above this a token that is not all there is looked at again only when twice as much of it has come. */
const RETRY_BYTES_MIN = 4096;

/**
 * The grammar: takes the document apart as far as it is there. A tag is either whole or is looked at again when more has come;
 * text, CDATA, comments and processing instructions are passed through however long they are.
 * What is wrong depends on the bytes before it alone, never on how much came at once.
 */
export class XmlDocument {
  readonly window: Window;
  readonly #limits: XmlLimits;
  readonly #elements: Elements;
  #state: State = "start";
  #doctypeSeen = false;
  #references = 0;
  #retryBytes = 0;

  constructor(handlers: XmlHandlers, limits: XmlLimits, encoding: Encoding, markBytes: number) {
    this.#limits = limits;
    this.window = new Window(encoding, markBytes, (code, detail, at) => this.#refuse(code, detail, at));
    this.#elements = new Elements(
      handlers,
      limits,
      this.window,
      (code, detail, at) => this.#refuse(code, detail, at),
      (at) => this.#countReference(at),
    );
  }

  get elements(): number {
    return this.#elements.count;
  }

  /** Reads on with what has come. */
  advance(): void {
    const { window } = this;
    if (window.end - window.at < this.#retryBytes) return;
    this.#readOn();
    const heldBytes = window.end - window.at;
    this.#retryBytes = heldBytes < RETRY_BYTES_MIN ? 0 : Math.min(heldBytes * 2, this.#limits.tokenBytesMax);
  }

  /** Reads what is there to its end and says what is wrong with what follows it. */
  breakOff(code: ReaderErrorCode, detail: string): never {
    this.#readOn();
    return this.#refuse(code, detail, this.window.end);
  }

  /** Where the document stops, with what came so far read to its end. */
  placeOfEnd(): ReaderErrorPlace {
    this.#readOn();
    return this.#placeOf(this.window.end);
  }

  /** Nothing more comes. */
  finish(): void {
    const { window } = this;
    const elements = this.#elements;
    window.final = true;
    this.#readOn();
    const truncated = (detail: string): never => this.#refuse("truncated", detail, window.end);
    if (INSIDE[this.#state] !== "") truncated(`the document breaks off${INSIDE[this.#state]}`);
    if (window.at < window.end) truncated("the document breaks off inside a tag, a declaration or a reference");
    if (elements.depth > 0) truncated(`the document breaks off before </${elements.innermost}>`);
    if (elements.count === 0) truncated("the document has no root element");
  }

  #readOn(): void {
    while (this.#step()) {
      // as far as it goes
    }
  }

  #step(): boolean {
    switch (this.#state) {
      case "content":
        return this.#elements.depth > 0 ? this.#content() : this.#outside();
      case "cdata":
        return this.#cdata();
      case "comment":
        return this.#comment();
      case "instruction":
        return this.#instruction();
      case "start":
        return this.#start();
    }
  }

  #start(): boolean {
    const { window } = this;
    const end = passDeclaration(window, (code, detail, at) => this.#refuse(code, detail, at));
    if (end === OUT_OF_BYTES) return false;
    window.take(end, true);
    this.#state = "content";
    return true;
  }

  /** Before and after the root element. */
  #outside(): boolean {
    const { window } = this;
    const { bytes, end } = window;
    let { at } = window;
    while (at < end && isWhite(bytes[at] ?? 0)) at += 1;
    // The second half of a line end may still come.
    if (at > window.at && bytes[at - 1] === 0x0d && at === end && !window.final) at -= 1;
    window.take(at, true);
    if (at < end && bytes[at] !== LESS && !isWhite(bytes[at] ?? 0)) this.#refuse("malformed", `text ${this.#elements.count === 0 ? "before" : "after"} the root element`, at);
    return at < end && bytes[at] === LESS && this.#markup();
  }

  #content(): boolean {
    switch (this.window.passPlain(TEXT_STOPS, this.#elements.text)) {
      case LESS:
        this.#elements.text.end();
        return this.#markup();
      case AMPERSAND:
        return this.#reference();
      case CLOSE_BRACKET:
        return this.#bracketOfText();
      default:
        return false;
    }
  }

  #reference(): boolean {
    const { window } = this;
    const reference = readReference(window.bytes, window.at, window.end);
    if (reference.kind === "more") return false;
    if (reference.kind === "refused") return this.#refuse("malformed", reference.detail, window.at);
    this.#countReference(window.at);
    this.#elements.text.add(reference.text);
    window.at += reference.bytes;
    return true;
  }

  #countReference(at: number): void {
    this.#references += 1;
    if (this.#references > this.#limits.referencesMax) this.#refuse("too_many_references", `the document has more than ${this.#limits.referencesMax} references`, at);
  }

  /** A "]" that another one may follow. */
  #bracketOfText(): boolean {
    const { bytes, at, end } = this.window;
    if (bytes[at + 1] === CLOSE_BRACKET && at + 2 < end && bytes[at + 2] === GREATER) this.#refuse("malformed", "]]> in text (it is written ]]&gt;)", at);
    return this.#passBracket();
  }

  #cdata(): boolean {
    const { window } = this;
    const { text } = this.#elements;
    if (window.passPlain(CDATA_STOPS, text) === OUT_OF_BYTES) return false;
    const { bytes, at, end } = window;
    if (at + 2 >= end || bytes[at + 1] !== CLOSE_BRACKET || bytes[at + 2] !== GREATER) return this.#passBracket();
    window.at = at + 3;
    this.#state = "content";
    text.end();
    return true;
  }

  /** A bracket that ends nothing, once that is certain. */
  #passBracket(): boolean {
    const { window } = this;
    const { bytes, at, end } = window;
    if (at + 1 >= end || (bytes[at + 1] === CLOSE_BRACKET && at + 2 >= end)) return false;
    this.#elements.text.keep(bytes, at, at + 1);
    window.at = at + 1;
    return true;
  }

  #comment(): boolean {
    const { window } = this;
    if (window.passPlain(COMMENT_STOPS, this.#elements.text) === OUT_OF_BYTES) return false;
    const { bytes, at, end } = window;
    if (at + 1 >= end) return false;
    if (bytes[at + 1] !== MINUS) {
      window.at = at + 1;
      return true;
    }
    if (at + 2 >= end) return false;
    if (bytes[at + 2] !== GREATER) this.#refuse("malformed", "-- inside a comment", at);
    return this.#backToContent(at + 3);
  }

  #instruction(): boolean {
    const { window } = this;
    if (window.passPlain(INSTRUCTION_STOPS, this.#elements.text) === OUT_OF_BYTES) return false;
    const { bytes, at, end } = window;
    if (at + 1 >= end) return false;
    if (bytes[at + 1] === GREATER) return this.#backToContent(at + 2);
    window.at = at + 1;
    return true;
  }

  /** From here on what is passed is not text. */
  #beginAside(state: "comment" | "instruction", at: number): boolean {
    this.#elements.text.wanted = false;
    this.#state = state;
    this.window.at = at;
    return true;
  }

  #backToContent(at: number): boolean {
    this.window.at = at;
    this.#state = "content";
    this.#elements.resumeText();
    return true;
  }

  /** A "<" stands at hand. */
  #markup(): boolean {
    const { bytes, at, end } = this.window;
    if (at + 1 >= end) return false;
    switch (bytes[at + 1]) {
      case SLASH:
        return this.#elements.end();
      case BANG:
        return this.#declaration();
      case QUESTION: {
        const target = passTarget(bytes, at + 2, end, (code, detail, place) => this.#refuse(code, detail, place));
        return target !== OUT_OF_BYTES && this.#beginAside("instruction", target);
      }
      default:
        if (this.#elements.depth === 0 && this.#elements.count > 0) this.#refuse("malformed", "a second root element", at);
        return this.#elements.begin();
    }
  }

  #declaration(): boolean {
    const { window } = this;
    const { bytes, at, end } = window;
    const head = bytes.subarray(at, Math.min(end, at + CDATA.length));
    const begins = (word: Buffer): boolean => head.equals(word.subarray(0, head.length)) || head.subarray(0, word.length).equals(word);
    if (begins(COMMENT)) return head.length >= COMMENT.length && this.#beginAside("comment", at + COMMENT.length);
    if (begins(CDATA) && this.#elements.depth > 0) {
      if (head.length < CDATA.length) return false;
      this.#state = "cdata";
      window.at = at + CDATA.length;
      return true;
    }
    if (begins(DOCTYPE) && !this.#doctypeSeen && this.#elements.count === 0) return head.length >= DOCTYPE.length && this.#doctype();
    return this.#refuse("malformed", "a <! that begins nothing that may stand here", at);
  }

  #doctype(): boolean {
    const { window } = this;
    const { tokenBytesMax } = this.#limits;
    const limit = Math.min(window.end, window.at + tokenBytesMax);
    const end = passDoctype(window.bytes, window.at + DOCTYPE.length, limit, (code, detail, at) => this.#refuse(code, detail, at));
    if (end === OUT_OF_BYTES && limit - window.at >= tokenBytesMax) {
      this.#refuse("token_too_long", `a document type declaration of more than ${tokenBytesMax} bytes begins here`, window.at);
    }
    if (end === OUT_OF_BYTES) return false;
    this.#doctypeSeen = true;
    window.take(end, true);
    return true;
  }

  /** With the place of this byte of the window. */
  #refuse(code: ReaderErrorCode, detail: string, at: number): never {
    throw new ReaderError(code, detail, this.#placeOf(at));
  }

  /** Moves there; only for the last words about a document. */
  #placeOf(at: number): ReaderErrorPlace {
    this.window.take(at, true);
    const { line, column, byte, path } = this.#elements.place;
    return { line, column, byte, path };
  }
}
