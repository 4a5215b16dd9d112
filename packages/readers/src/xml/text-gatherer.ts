/** Longer text is handed over in pieces of this many characters, counted from where it begins: how the bytes arrived never shows. */
export const TEXT_PIECE_CHARS = 64 * 1024;

/** Puts a stretch of text together, as far as it is wanted, and hands it over. */
export class TextGatherer {
  wanted = false;
  #held = "";
  readonly #hand: (text: string) => void;

  constructor(hand: (text: string) => void) {
    this.#hand = hand;
  }

  keep(bytes: Buffer, from: number, to: number): void {
    if (this.wanted && from < to) this.add(bytes.toString("utf8", from, to));
  }

  add(text: string): void {
    if (!this.wanted) return;
    this.#held = this.#held === "" ? text : this.#held + text;
    while (this.#held.length > TEXT_PIECE_CHARS) {
      const cut = endOfPiece(this.#held);
      const piece = this.#held.slice(0, cut);
      this.#held = this.#held.slice(cut);
      this.#hand(piece);
    }
  }

  /** The stretch is over. */
  end(): void {
    if (this.#held === "") return;
    const text = this.#held;
    this.#held = "";
    this.#hand(text);
  }
}

/** Never between the two halves of a character. */
function endOfPiece(text: string): number {
  const last = text.charCodeAt(TEXT_PIECE_CHARS - 1);
  return last >= 0xd800 && last <= 0xdbff ? TEXT_PIECE_CHARS - 1 : TEXT_PIECE_CHARS;
}
