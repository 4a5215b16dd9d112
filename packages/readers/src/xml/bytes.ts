// Bytes of UTF-8 that mean something in XML, and tables that say at which of them a scan has to stop.

export const TAB = 0x09;
export const LINE_FEED = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const BANG = 0x21;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const PERCENT = 0x25;
export const AMPERSAND = 0x26;
export const APOSTROPHE = 0x27;
export const MINUS = 0x2d;
export const SLASH = 0x2f;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const QUESTION = 0x3f;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
/** The first byte of U+F000 to U+FFFF: two of these, U+FFFE and U+FFFF, may not occur. Surrogates are no valid UTF-8. */
export const LAST_PLANE = 0xef;

/** 1 where a scan has to look closer: line ends, what may not occur at all, and the given bytes. */
function stops(...bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < SPACE; byte += 1) if (byte !== TAB) table[byte] = 1;
  for (const byte of [LAST_PLANE, ...bytes]) table[byte] = 1;
  return table;
}

/** What ends a run of plain bytes. */
export interface Stops {
  readonly table: Uint8Array;
  /** Nothing but what may mean something in text or CDATA stops here: such runs can be long, and are passed four bytes at a time. */
  readonly inText: boolean;
}

export const TEXT_STOPS: Stops = { table: stops(LESS, AMPERSAND, CLOSE_BRACKET), inText: true };
export const CDATA_STOPS: Stops = { table: stops(CLOSE_BRACKET), inText: true };
export const COMMENT_STOPS: Stops = { table: stops(MINUS), inText: false };
export const INSTRUCTION_STOPS: Stops = { table: stops(QUESTION), inText: false };

/** Inside the quotes of an attribute: also what makes its value differ from its bytes. */
export const VALUE_STOPS = stops(LESS, AMPERSAND, QUOTE, APOSTROPHE, TAB);
for (let byte = 0x80; byte < 0x100; byte += 1) VALUE_STOPS[byte] = 1;

/** 1 for every byte that can be part of a name; which characters beyond ASCII may is looked at once per name. */
export const NAME_BYTES = new Uint8Array(256);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-.") NAME_BYTES[character.charCodeAt(0)] = 1;
for (let byte = 0x80; byte < 0x100; byte += 1) NAME_BYTES[byte] = 1;

export function isWhite(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}
