import { AttributeMaker } from "./attributes.ts";
import { GREATER, isWhite, NAME_BYTES } from "./bytes.ts";
import type { XmlHandlers } from "./handlers.ts";
import { Names, type Name } from "./names.ts";
import type { XmlLimits } from "./options.ts";
import { LivePlace } from "./place.ts";
import { TagScanner } from "./tag-scanner.ts";
import { TextGatherer } from "./text-gatherer.ts";
import { OUT_OF_BYTES, type Refuse, type Window } from "./window.ts";

/** The elements that are open, and what the caller is told of them. */
export class Elements {
  count = 0;
  readonly text: TextGatherer;
  readonly place: LivePlace;
  readonly #handlers: XmlHandlers;
  readonly #limits: XmlLimits;
  readonly #window: Window;
  readonly #refuse: Refuse;
  readonly #names = new Names();
  readonly #tag: TagScanner;
  readonly #attributes: AttributeMaker;
  readonly #open: Name[] = [];
  readonly #path: string[] = [];
  readonly #textWanted: boolean[] = [];

  constructor(handlers: XmlHandlers, limits: XmlLimits, window: Window, refuse: Refuse, onReference: (at: number) => void) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.#window = window;
    this.#refuse = refuse;
    this.place = new LivePlace(window, this.#path);
    this.text = new TextGatherer((text) => handlers.text?.(text, this.place));
    this.#tag = new TagScanner(limits, refuse);
    this.#attributes = new AttributeMaker(this.#names, refuse, onReference);
  }

  get depth(): number {
    return this.#open.length;
  }

  get innermost(): string {
    return this.#open.at(-1)?.written ?? "";
  }

  /** Text is gathered again, or not, as the innermost element wants it. */
  resumeText(): void {
    this.text.wanted = this.#textWanted.at(-1) === true;
  }

  /** The start tag whose "<" stands at hand; false when it is not all there. */
  begin(): boolean {
    const window = this.#window;
    const { bytes, at } = window;
    const tag = this.#tag;
    const end = tag.scan(window);
    if (end === OUT_OF_BYTES) return false;
    const name = this.#names.find(bytes, tag.nameFrom, tag.nameTo) ?? this.#refuse("malformed", "an element's name with a character that names cannot hold", tag.nameFrom);
    const attributes = this.#attributes.make(bytes, at, end, tag);
    if (this.#open.length >= this.#limits.depthMax) this.#refuse("too_deep", `elements are nested more than ${this.#limits.depthMax} deep`, at);
    this.count += 1;
    this.#path.push(name.local);
    const answer = this.#handlers.open?.({ name: name.local, attributes, line: window.line }, this.place);
    this.#push(name, answer !== "skip-text");
    if (tag.selfClosing) this.#pop(name);
    window.take(end, tag.hasLines);
    return true;
  }

  #push(name: Name, wantsText: boolean): void {
    this.#open.push(name);
    this.#textWanted.push(wantsText && this.#handlers.text !== undefined);
    this.resumeText();
  }

  #pop(name: Name): void {
    this.#handlers.close?.(name.local, this.place);
    this.#open.pop();
    this.#path.pop();
    this.#textWanted.pop();
    this.resumeText();
  }

  /** The end tag whose "</" stands at hand; false when it is not all there. */
  end(): boolean {
    const window = this.#window;
    const { bytes, at } = window;
    const limit = Math.min(window.end, at + this.#limits.tokenBytesMax);
    const name = this.#open.at(-1) ?? this.#refuse("malformed", "an end tag although no element is open", at);
    const nameTo = passName(bytes, at + 2, limit);
    if (nameTo >= limit) return this.#more(at, limit);
    if (!isName(bytes, at + 2, nameTo, name.bytes))
      this.#refuse("malformed", `</${bytes.toString("utf8", at + 2, Math.min(nameTo, at + 82))}> does not close <${name.written}>`, at);
    let close = nameTo;
    while (close < limit && isWhite(bytes[close] ?? 0)) close += 1;
    if (close >= limit) return this.#more(at, limit);
    if (bytes[close] !== GREATER) this.#refuse("malformed", "an end tag that does not end after its name", close);
    this.#pop(name);
    window.take(close + 1, close > nameTo);
    return true;
  }

  #more(at: number, limit: number): false {
    const { tokenBytesMax } = this.#limits;
    if (limit - at >= tokenBytesMax) this.#refuse("token_too_long", `a tag of more than ${tokenBytesMax} bytes begins here`, at);
    return false;
  }
}

function passName(bytes: Buffer, from: number, limit: number): number {
  let at = from;
  while (at < limit && NAME_BYTES[bytes[at] ?? 0] === 1) at += 1;
  return at;
}

function isName(bytes: Buffer, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false;
  for (let index = 0; index < name.length; index += 1) if (bytes[from + index] !== name[index]) return false;
  return true;
}
