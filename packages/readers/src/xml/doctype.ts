// A document type declaration is passed over. Its file is never fetched; one that declares entities is refused, so nothing can expand.
import { APOSTROPHE, BANG, CLOSE_BRACKET, GREATER, isWhite, LAST_PLANE, LESS, OPEN_BRACKET, PERCENT, QUESTION, QUOTE, SPACE } from "./bytes.ts";
import { isNonCharacter, OUT_OF_BYTES, wordCharacter, type Refuse } from "./window.ts";

const HEAD = /^[\t\n\r ]+[^\t\n\r [>"']+(?:[\t\n\r ]+(?:SYSTEM[\t\n\r ]+(?:"[^"]*"|'[^']*')|PUBLIC[\t\n\r ]+(?:"[^"]*"|'[^']*')[\t\n\r ]+(?:"[^"]*"|'[^']*')))?[\t\n\r ]*$/;

/** What follows "<!DOCTYPE", up to and with its ">": the place after it, or OUT_OF_BYTES. */
export function passDoctype(bytes: Buffer, from: number, limit: number, refuse: Refuse): number {
  let at = from;
  while (at < limit) {
    const byte = bytes[at] ?? 0;
    if (byte === GREATER || byte === OPEN_BRACKET) {
      if (!HEAD.test(bytes.toString("utf8", from, at))) refuse("malformed", "a document type declaration that is not one", from);
      return byte === GREATER ? at + 1 : passSubset(bytes, at + 1, limit, refuse);
    }
    if (byte === LESS) refuse("malformed", "a < in a document type declaration", at);
    at = byte === QUOTE || byte === APOSTROPHE ? passUntil(bytes, at + 1, limit, [byte], refuse) : passOne(bytes, at, refuse);
  }
  return OUT_OF_BYTES;
}

/** From after the "[" to after the ">" that follows its "]". */
function passSubset(bytes: Buffer, from: number, limit: number, refuse: Refuse): number {
  let at = from;
  while (at < limit) {
    const byte = bytes[at] ?? 0;
    if (byte === CLOSE_BRACKET) return passEnd(bytes, at + 1, limit, refuse);
    if (byte === PERCENT) refuse("entity_declaration", "a parameter entity is used; entities are not accepted", at);
    if (byte === LESS) at = passDeclaration(bytes, at, limit, refuse);
    else if (isWhite(byte)) at += 1;
    else refuse("malformed", "something in a document type declaration that is no declaration", at);
  }
  return OUT_OF_BYTES;
}

function passEnd(bytes: Buffer, from: number, limit: number, refuse: Refuse): number {
  let at = from;
  while (at < limit && isWhite(bytes[at] ?? 0)) at += 1;
  if (at >= limit) return OUT_OF_BYTES;
  if (bytes[at] !== GREATER) refuse("malformed", "a document type declaration that does not end with ]>", at);
  return at + 1;
}

const COMMENT = Buffer.from("<!--");
const ENTITY = Buffer.from("<!ENTITY");
const DECLARATION = /^<!(?:ELEMENT|ATTLIST|NOTATION)[\t\n\r ]/;

/** A comment, a processing instruction or a markup declaration. Answers `limit` when it is not all there. */
function passDeclaration(bytes: Buffer, at: number, limit: number, refuse: Refuse): number {
  if (at + 1 >= limit) return limit;
  if (bytes[at + 1] === QUESTION) return passUntil(bytes, at + 2, limit, [QUESTION, GREATER], refuse);
  if (bytes[at + 1] !== BANG) refuse("malformed", "an element in a document type declaration", at);
  const head = bytes.subarray(at, Math.min(limit, at + ENTITY.length + 3));
  if (startsAs(head, COMMENT)) return head.length < COMMENT.length ? limit : passUntil(bytes, at + COMMENT.length, limit, [0x2d, 0x2d, GREATER], refuse);
  if (startsAs(head, ENTITY)) return head.length < ENTITY.length ? limit : refuse("entity_declaration", "the document declares an entity; entities are not accepted", at);
  if (head.length < ENTITY.length + 3) return limit;
  if (!DECLARATION.test(head.toString("latin1"))) refuse("malformed", "an unknown declaration in a document type declaration", at);
  let next = at + 2;
  while (next < limit && bytes[next] !== GREATER) {
    const byte = bytes[next] ?? 0;
    if (byte === LESS) refuse("malformed", "a < in a declaration", next);
    next = byte === QUOTE || byte === APOSTROPHE ? passUntil(bytes, next + 1, limit, [byte], refuse) : passOne(bytes, next, refuse);
  }
  return next >= limit ? limit : next + 1;
}

/** As far as it is there, and that may be less than the whole word. */
function startsAs(head: Buffer, word: Buffer): boolean {
  const length = Math.min(head.length, word.length);
  return head.compare(word, 0, length, 0, length) === 0;
}

/** The place after the given bytes, or `limit`. */
function passUntil(bytes: Buffer, from: number, limit: number, ending: readonly number[], refuse: Refuse): number {
  let at = from;
  while (at + ending.length <= limit) {
    if (ending.every((byte, index) => bytes[at + index] === byte)) return at + ending.length;
    at = passOne(bytes, at, refuse);
  }
  while (at < limit) at = passOne(bytes, at, refuse);
  return limit;
}

function passOne(bytes: Buffer, at: number, refuse: Refuse): number {
  const byte = bytes[at] ?? 0;
  if ((byte < SPACE && !isWhite(byte)) || (byte === LAST_PLANE && isNonCharacter(bytes, at))) refuse("malformed", wordCharacter(bytes, at), at);
  return at + 1;
}
