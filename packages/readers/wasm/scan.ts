// AssemblyScript, not TypeScript: compiled to WebAssembly by build.ts. Looks at JSON text 64 bytes at a time and says where it may be cut.
// (No decorators: the compiler inlines what is worth it.)
// It decides nothing about grammar: JSON.parse does, on what was cut out. All it has to be right about is where strings begin and end, and how deep brackets nest.
import { below, digitsAt, eq, eqFolded } from "./blocks";
import { entryColon, entryStart, forgetStrings, noteString, setEntry, shiftStrings } from "./tables";

export { gatherKeys, hasLongString, isWide, marksWritten, rewrite, unescape } from "./rewrite";
export { forgetStrings, stringEnd, stringStart } from "./tables";

/** What separates elements at depth 0. */
const ARRAY: i32 = 0;
const MAP: i32 = 1;

/** Flags of what was seen since `begin`. */
const ESCAPED_KEY: i32 = 1;
const BIG_NUMBER: i32 = 2;
const OUT_OF_PLACE: i32 = 4;
const LINE_BROKEN: i32 = 8;

/** Answers of `scan` besides the place of the bracket that ends it all. */
const MORE: i32 = -1;
const TOO_DEEP: i32 = -2;
const WRONG_SEPARATOR: i32 = -3;

/** Digits that a double holds for sure. */
const SAFE_DIGITS: i32 = 15;

let mode: i32 = ARRAY;
let depthMax: i32 = 0;
let inString: u64 = 0;
let escaped: u64 = 0;
let inFraction: u64 = 0;
let digitRun: i32 = 0;
let afterDigit: u64 = 0;
let backslashPending: bool = false;
let expectsColon: bool = false;
let entries: i32 = 0;
let entriesAtComma: i32 = 0;

/** The last quote that begins or ends a string. */
let quoteAt: i32 = 0;

export let depth: i32 = 0;
export let flags: i32 = 0;
/** Where the last separator is, and what had been counted before it. */
export let cut: i32 = -1;
export let keysAtCut: i32 = 0;
export let linesAtCut: i32 = 0;
export let entriesAtCut: i32 = 0;
export let keys: i32 = 0;
export let lines: i32 = 0;
/** Where it stopped, when it stopped early. */
export let stoppedAt: i32 = 0;
/** The longest stretch between two separators that ended in this scan, and where the open one began. */
export let elementStart: i32 = 0;
export let longest: i32 = 0;
export let longestStart: i32 = 0;

/** Begins a container: its first byte will be at `at`. */
export function begin(newMode: i32, newDepthMax: i32, at: i32): void {
  mode = newMode;
  depthMax = newDepthMax;
  inString = 0;
  escaped = 0;
  inFraction = 0;
  digitRun = 0;
  afterDigit = 0;
  backslashPending = false;
  expectsColon = newMode == MAP;
  entries = 0;
  entriesAtComma = 0;
  entriesAtCut = 0;
  depth = 0;
  flags = 0;
  cut = -1;
  keys = 0;
  lines = 0;
  keysAtCut = 0;
  linesAtCut = 0;
  elementStart = at;
  longest = 0;
  forgetStrings();
}

/** What is counted from here on belongs to the next batch; `shift` is how far the bytes after the cut are moved to the front. */
export function taken(shift: i32): void {
  keys -= keysAtCut;
  lines -= linesAtCut;
  // At most one: of the entry that is not yet complete.
  for (let entry = entriesAtCut; entry < entries; entry += 1) {
    setEntry(entry - entriesAtCut, entryStart(entry) - shift, entryColon(entry) - shift);
  }
  shiftStrings(cut, shift);
  quoteAt -= shift;
  entries -= entriesAtCut;
  entriesAtComma = 0;
  cut = -1;
  elementStart -= shift;
  longest = 0;
}

/** How many entries of a map lie before its closing bracket. */
export function entriesAtEnd(): i32 {
  return entries;
}

export function clearFlags(): void {
  flags = 0;
}

/** Scans on. Answers the place of the bracket that closes the container, or MORE, TOO_DEEP, WRONG_SEPARATOR. */
export function scan(from: i32, to: i32): i32 {
  for (let at = from; at < to; at += 64) {
    const length = min(64, to - at);
    const valid = below(length);
    const place = <usize>at;
    const backslashes = eq(place, 0x5c) & valid;
    const quotes = quotesOf(eq(place, 0x22) & valid, backslashes, length);
    const newlines = eq(place, 0x0a) & valid;
    if (quotes == 0 && inString != 0) {
      passString(backslashes);
      lines += <i32>popcnt(newlines);
      continue;
    }
    const strings = stringsOf(at, quotes, length) & valid;
    const outside = ~strings & valid;
    const colons = eq(place, 0x3a) & outside;
    if (backslashes != 0 || backslashPending) findEscapedKeys(backslashes, opened, colons);
    findBigNumbers(place, outside, length);
    const stop = walk(at, (eqFolded(place, 0x7b) | eqFolded(place, 0x7d)) & outside, eqFolded(place, 0x7b), eq(place, 0x2c) & outside, colons, newlines);
    if (stop != MORE) return stop;
    keys += <i32>popcnt(colons);
    lines += <i32>popcnt(newlines);
  }
  return MORE;
}

/** Opening quotes of the block at hand. */
let opened: u64 = 0;

/** The quotes that begin or end strings: those that no backslash stands before, or an even number of them. */
function quotesOf(allQuotes: u64, backslashes: u64, length: i32): u64 {
  if ((backslashes | escaped) == 0) return allQuotes;
  const odd = (~(<u64>0) / 3) << 1;
  const first = backslashes & ~escaped;
  // Adds up runs of backslashes as carries do: what comes out differs from `odd` where a backslash escapes, and where something is escaped.
  const codes = (((first << 1) | odd) - first) ^ odd;
  const quotes = allQuotes & ~(codes ^ (backslashes | escaped));
  escaped = ((codes & backslashes) >> (length - 1)) & 1;
  return quotes;
}

/** Which bytes lie in strings: from the opening quote up to, not including, the closing one. Says nothing of bytes behind the block's length. */
function stringsOf(at: i32, quotes: u64, length: i32): u64 {
  opened = 0;
  if (quotes == 0) return inString;
  if (inString != 0) noteString(quoteAt + 1, at + <i32>ctz(quotes));
  quoteAt = at + 63 - <i32>clz(quotes);
  let strings = quotes;
  strings ^= strings << 1;
  strings ^= strings << 2;
  strings ^= strings << 4;
  strings ^= strings << 8;
  strings ^= strings << 16;
  strings ^= strings << 32;
  strings ^= inString;
  opened = quotes & strings;
  inString = ((strings >> (length - 1)) & 1) != 0 ? ~(<u64>0) : 0;
  return strings;
}

/** The whole block lies in one string: nothing that is counted stands in it. */
function passString(backslashes: u64): void {
  if (backslashes != 0) backslashPending = true;
}

/** A key with an escape is a string with a backslash that a colon follows. */
function findEscapedKeys(backslashes: u64, opening: u64, colons: u64): void {
  let events = backslashes | opening | colons;
  while (events != 0) {
    const bit = events & -events;
    if ((bit & opening) != 0) backslashPending = false;
    else if ((bit & backslashes) != 0) backslashPending = true;
    else {
      if (backslashPending) flags |= ESCAPED_KEY;
      backslashPending = false;
    }
    events &= events - 1;
  }
}

/** Integers of more digits than are safe, and exponents of three digits. What is found is looked at again, exactly. */
function findBigNumbers(place: usize, outside: u64, length: i32): void {
  const digits = digitsAt(place) & outside;
  const dots = eq(place, 0x2e) & outside;
  const starts = ((dots << 1) | inFraction) & digits;
  const integer = digits & (digits + starts);
  inFraction = ((dots | (digits & ~integer)) >> (length - 1)) & 1;
  const lead = <i32>ctz(~integer);
  if (digitRun + lead > SAFE_DIGITS) flags |= BIG_NUMBER;
  let run = integer & (integer << 1);
  run &= run << 2;
  run &= run << 4;
  run &= run << 8;
  if (run != 0) flags |= BIG_NUMBER;
  const tail = <i32>clz(~(integer << (64 - length)));
  digitRun = tail >= length ? digitRun + length : tail;
  const exponents = eqFolded(place, 0x65) & outside & ((digits << 1) | afterDigit);
  if (exponents != 0 && hasLongExponent(place, exponents, length)) flags |= BIG_NUMBER;
  afterDigit = (digits >> (length - 1)) & 1;
}

/** True also when the block ends before that is known. */
function hasLongExponent(place: usize, exponents: u64, length: i32): bool {
  let rest = exponents;
  while (rest != 0) {
    let bit = <i32>ctz(rest) + 1;
    rest &= rest - 1;
    if (bit + 4 > length) return true;
    const sign = load<u8>(place + bit);
    if (sign == 0x2d) continue;
    if (sign == 0x2b) bit += 1;
    if (isDigit(place + bit) && isDigit(place + bit + 1) && isDigit(place + bit + 2)) return true;
  }
  return false;
}

function isDigit(place: usize): bool {
  return load<u8>(place) - 0x30 < 10;
}

/** From bracket to bracket; only what lies between them at depth 0 is looked at. */
function walk(at: i32, allBrackets: u64, open: u64, commas: u64, colons: u64, newlines: u64): i32 {
  let brackets = allBrackets;
  let from: i32 = 0;
  while (true) {
    const next = <i32>ctz(brackets);
    if (depth == 0) {
      const segment = below(next) & ~below(from);
      const found = (commas | (mode == MAP ? colons : 0)) & segment;
      if (found != 0) {
        const stop = separate(at, found, commas, colons, newlines);
        if (stop != MORE) return stop;
      }
    }
    if (next == 64) return MORE;
    if (((open >> next) & 1) != 0) {
      depth += 1;
      if (depth > depthMax) {
        stoppedAt = at + next;
        lines += <i32>popcnt(newlines & below(next));
        return TOO_DEEP;
      }
    } else {
      depth -= 1;
      if (depth < 0) {
        keys += <i32>popcnt(colons & below(next));
        lines += <i32>popcnt(newlines & below(next));
        measure(at + next);
        return at + next;
      }
    }
    from = next + 1;
    brackets &= brackets - 1;
  }
}

function separate(at: i32, found: u64, commas: u64, colons: u64, newlines: u64): i32 {
  let rest = found;
  while (rest != 0) {
    const bit = <i32>ctz(rest);
    const isColon = ((colons >> bit) & 1) != 0;
    if (mode == MAP) {
      if (isColon != expectsColon) {
        stoppedAt = at + bit;
        lines += <i32>popcnt(newlines & below(bit));
        return WRONG_SEPARATOR;
      }
      expectsColon = !isColon;
      if (isColon) {
        setEntry(entries, elementStart, at + bit);
        entries += 1;
      }
    }
    if (!isColon) {
      entriesAtComma = entries;
      measure(at + bit);
      elementStart = at + bit + 1;
    }
    rest &= rest - 1;
  }
  const inside = commas & found;
  if (inside != 0) {
    const last = 63 - <i32>clz(inside);
    cut = at + last;
    entriesAtCut = entriesAtComma;
    keysAtCut = keys + <i32>popcnt(colons & below(last));
    linesAtCut = lines + <i32>popcnt(newlines & below(last));
  }
  return MORE;
}

function measure(end: i32): void {
  const length = end - elementStart;
  if (length > longest) {
    longest = length;
    longestStart = elementStart;
  }
}

/** Looks at whole lines of a document of lines; flags what one call of JSON.parse for all of them would get wrong. */
export function scanLines(from: i32, to: i32): void {
  for (let at = from; at < to; at += 64) {
    const length = min(64, to - at);
    const valid = below(length);
    const place = <usize>at;
    const backslashes = eq(place, 0x5c) & valid;
    const quotes = quotesOf(eq(place, 0x22) & valid, backslashes, length);
    const newlines = eq(place, 0x0a) & valid;
    if (quotes == 0 && inString != 0 && newlines == 0) {
      passString(backslashes);
      continue;
    }
    const strings = stringsOf(at, quotes, length) & valid;
    const outside = ~strings & valid;
    const colons = eq(place, 0x3a) & outside;
    const commas = eq(place, 0x2c) & outside;
    if (backslashes != 0 || backslashPending) findEscapedKeys(backslashes, opened, colons);
    if ((newlines & strings) != 0) flags |= LINE_BROKEN;
    const open = eqFolded(place, 0x7b);
    let events = ((open | eqFolded(place, 0x7d)) & outside) | newlines;
    let after: i32 = 0;
    while (true) {
      const next = <i32>ctz(events);
      if (depth == 0 && (commas & below(next) & ~below(after)) != 0) flags |= OUT_OF_PLACE;
      if (next == 64) break;
      if (((newlines >> next) & 1) != 0) {
        if (depth != 0) flags |= LINE_BROKEN;
        lines += 1;
      } else if (((open >> next) & 1) != 0) {
        depth += 1;
        if (depth > depthMax) flags |= LINE_BROKEN;
      } else {
        depth -= 1;
        if (depth < 0) flags |= LINE_BROKEN;
      }
      if ((flags & (LINE_BROKEN | OUT_OF_PLACE)) != 0) return;
      after = next + 1;
      events &= events - 1;
    }
    findBigNumbers(place, outside, length);
    keys += <i32>popcnt(colons);
  }
  if (depth != 0 || inString != 0) flags |= LINE_BROKEN;
}

/** Every line feed becomes a comma. */
export function joinLines(from: i32, to: i32): void {
  const feed = i8x16.splat(0x0a);
  const comma = i8x16.splat(0x2c);
  let at = <usize>from;
  const end = <usize>to;
  for (; at + 16 <= end; at += 16) {
    const bytes = v128.load(at);
    v128.store(at, v128.bitselect(comma, bytes, i8x16.eq(bytes, feed)));
  }
  for (; at < end; at += 1) if (load<u8>(at) == 0x0a) store<u8>(at, 0x2c);
}
