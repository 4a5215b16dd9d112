// What the scanner notes while it goes over the text, in the memory before the data. Every place in here is a place in memory.

/** Where the keys of a map are: where each one's entry begins and where its colon stands, four bytes each. */
const ENTRIES: i32 = 1024;

/** Strings that are long: their first byte, and the closing quote, four bytes each. Those that find no room are not noted, which costs time and nothing else. */
const STRINGS: i32 = 56 * 1024;
const STRINGS_MAX: i32 = 1024;

/** Bytes from which on a string is worth noting. To take one out and put it back costs about as much as JSON.parse needs for 300 bytes. */
const LONG_BYTES: i32 = 384;

let strings: i32 = 0;

export function entryStart(entry: i32): i32 {
  return load<i32>(<usize>(ENTRIES + entry * 8));
}

export function entryColon(entry: i32): i32 {
  return load<i32>(<usize>(ENTRIES + entry * 8 + 4));
}

export function setEntry(entry: i32, start: i32, colon: i32): void {
  store<i32>(<usize>(ENTRIES + entry * 8), start);
  store<i32>(<usize>(ENTRIES + entry * 8 + 4), colon);
}

export function longStrings(): i32 {
  return strings;
}

export function stringStart(index: i32): i32 {
  return load<i32>(<usize>(STRINGS + index * 8));
}

export function stringEnd(index: i32): i32 {
  return load<i32>(<usize>(STRINGS + index * 8 + 4));
}

export function setString(index: i32, start: i32, end: i32): void {
  store<i32>(<usize>(STRINGS + index * 8), start);
  store<i32>(<usize>(STRINGS + index * 8 + 4), end);
}

/** A string ends at this quote; it is noted when it is long. */
export function noteString(start: i32, end: i32): void {
  if (end - start < LONG_BYTES || strings == STRINGS_MAX) return;
  setString(strings, start, end);
  strings += 1;
}

export function forgetStrings(): void {
  strings = 0;
}

/** Forgets those before `cut`; the others have moved to the front by `shift`. */
export function shiftStrings(cut: i32, shift: i32): void {
  let kept: i32 = 0;
  for (let index = 0; index < strings; index += 1) {
    if (stringStart(index) < cut) continue;
    setString(kept, stringStart(index) - shift, stringEnd(index) - shift);
    kept += 1;
  }
  strings = kept;
}
