// Writes a batch again, elsewhere, as JSON.parse shall see it: without the keys of a map, with marks in the place of long strings. And what was left out, as text.
import { below, controlsAt, eq } from "./blocks";
import { entryColon, entryStart, longStrings, setString, stringEnd, stringStart } from "./tables";

/** A mark is this character and a number. */
const MARK: i32 = 0x7f;

let next: i32 = 0;
let marks: i32 = 0;
let at: i32 = 0;

/** True when a long string ends before this place. */
export function hasLongString(end: i32): bool {
  return longStrings() > 0 && stringEnd(0) < end;
}

/**
 * Writes an array of what stands in `from` to `to` at `out`, with brackets; answers how long it is. Of a map's entries, as many as `entries`, only the values are left.
 * Afterwards the table of strings begins with those that a mark stands for.
 */
export function rewrite(from: i32, to: i32, out: i32, entries: i32): i32 {
  next = 0;
  marks = 0;
  at = out;
  put(0x5b);
  let done = from;
  for (let entry = 0; entry < entries; entry += 1) {
    copyMarking(done, entryStart(entry));
    done = entryColon(entry) + 1;
  }
  copyMarking(done, to);
  put(0x5d);
  return at - out;
}

export function marksWritten(): i32 {
  return marks;
}

function put(byte: i32): void {
  store<u8>(<usize>at, <u8>byte);
  at += 1;
}

function copy(from: i32, to: i32): void {
  memory.copy(<usize>at, <usize>from, <usize>(to - from));
  at += to - from;
}

function copyMarking(from: i32, to: i32): void {
  let done = from;
  while (next < longStrings() && stringEnd(next) < to) {
    const start = stringStart(next);
    const end = stringEnd(next);
    if (start > done && !isKey(end + 1, to)) {
      copy(done, start);
      putMark(marks);
      setString(marks, start, end);
      marks += 1;
      done = end;
    }
    next += 1;
  }
  copy(done, to);
}

/** Marks must not stand for keys: only values are put back. */
function isKey(behind: i32, to: i32): bool {
  let place = behind;
  while (place < to && isSpace(load<u8>(<usize>place))) place += 1;
  return place < to && load<u8>(<usize>place) == 0x3a;
}

function isSpace(byte: i32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

function putMark(mark: i32): void {
  put(MARK);
  if (mark >= 1000) put(0x30 + mark / 1000);
  if (mark >= 100) put(0x30 + ((mark / 100) % 10));
  if (mark >= 10) put(0x30 + ((mark / 10) % 10));
  put(0x30 + (mark % 10));
}

let wide: bool = false;

/** True when what was written last may hold bytes beyond ASCII. */
export function isWide(): bool {
  return wide;
}

/** What an escape by letter stands for; 0: there is no such escape, or it goes by number. */
// prettier-ignore
const LETTERS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 92, 0, 0, 0,
  0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 13, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/**
 * Writes the text of the string that this mark stands for at `out`, and up to 64 bytes of anything behind it. Answers its length;
 * -1 when it has to be looked at more closely: an escape by number, or something wrong.
 */
export function unescape(mark: i32, out: i32): i32 {
  const end = stringEnd(mark);
  let seen = i8x16.splat(0);
  let to = out;
  let block = stringStart(mark);
  while (block < end) {
    const place = <usize>block;
    const valid = below(min(64, end - block));
    if ((controlsAt(place) & valid) != 0) return -1;
    seen = v128.or(seen, v128.or(v128.or(v128.load(place), v128.load(place, 16)), v128.or(v128.load(place, 32), v128.load(place, 48))));
    let backslashes = eq(place, 0x5c) & valid;
    let from = block;
    while (backslashes != 0) {
      const bit = <i32>ctz(backslashes);
      copy64(from, to);
      to += block + bit - from;
      const meant = load<u8>(LETTERS + load<u8>(<usize>(block + bit + 1)));
      if (meant == 0) return -1;
      store<u8>(<usize>to, meant);
      to += 1;
      from = block + bit + 2;
      backslashes &= ~((<u64>3) << bit);
    }
    copy64(from, to);
    const next = max(from, min(block + 64, end));
    to += next - from;
    block = next;
  }
  wide = i8x16.bitmask(seen) != 0;
  return to - out;
}

/** More than is needed, mostly, and less work than to find out how much is. */
function copy64(from: i32, to: i32): void {
  const source = <usize>from;
  const target = <usize>to;
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
  v128.store(target, v128.load(source, 32), 32);
  v128.store(target, v128.load(source, 48), 48);
}

/**
 * Writes the keys of so many entries at `out`: first where each one's text ends, counted from the first text, four bytes each, then the texts. Answers the length of the texts;
 * -1 when a key has to be looked at more closely: it is no string, or one with escapes.
 */
export function gatherKeys(count: i32, out: i32): i32 {
  const texts = out + count * 4;
  let seen: i32 = 0;
  at = texts;
  for (let entry = 0; entry < count; entry += 1) {
    let from = entryStart(entry);
    let to = entryColon(entry);
    while (from < to && isSpace(load<u8>(<usize>from))) from += 1;
    while (to > from && isSpace(load<u8>(<usize>(to - 1)))) to -= 1;
    if (to - from < 2 || load<u8>(<usize>from) != 0x22 || load<u8>(<usize>(to - 1)) != 0x22) return -1;
    for (let place = from + 1; place < to - 1; place += 1) {
      const byte: i32 = load<u8>(<usize>place);
      if (byte == 0x22 || byte == 0x5c || byte < 0x20) return -1;
      seen |= byte;
      put(byte);
    }
    store<i32>(<usize>(out + entry * 4), at - texts);
  }
  wide = seen >= 0x80;
  return at - texts;
}
