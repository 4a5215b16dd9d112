import { CofferdamError } from "../model/index.ts";

/**
 * Cuts JSON text into its outermost members without building values, so that an input stays the text it was.
 * Only the outer structure is checked here; every piece is parsed (once) by whoever uses it.
 */
export function splitObject(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(text, 0);
  if (text[at] !== "{") throw notAnObject(text);
  at = skipSpace(text, at + 1);
  if (text[at] === "}") return finish(text, at + 1, members);
  for (;;) {
    if (text[at] !== '"') throw malformed(text, at, "a property name in double quotes");
    const nameEnd = endOfString(text, at);
    const name = parseText(text.slice(at, nameEnd), at);
    at = skipSpace(text, nameEnd);
    if (text[at] !== ":") throw malformed(text, at, "a colon");
    at = skipSpace(text, at + 1);
    const valueEnd = endOfValue(text, at);
    if (members.has(String(name))) throw new CofferdamError("invalid_json", `the body has the member ${JSON.stringify(name)} twice`);
    members.set(String(name), text.slice(at, valueEnd));
    at = skipSpace(text, valueEnd);
    if (text[at] === "}") return finish(text, at + 1, members);
    if (text[at] !== ",") throw malformed(text, at, "a comma or a closing brace");
    at = skipSpace(text, at + 1);
  }
}

/** The elements of a JSON array as text. Lazy: the caller may pause between elements. */
export function* splitArray(text: string): Generator<string> {
  let at = skipSpace(text, 0);
  if (text[at] !== "[") throw malformed(text, at, "an array");
  at = skipSpace(text, at + 1);
  if (text[at] === "]") return;
  for (;;) {
    const end = endOfValue(text, at);
    yield text.slice(at, end);
    at = skipSpace(text, end);
    if (text[at] === "]") return;
    if (text[at] !== ",") throw malformed(text, at, "a comma or a closing bracket");
    at = skipSpace(text, at + 1);
  }
}

export function parseText(text: string, offset = 0): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CofferdamError("invalid_json", `the body is not valid JSON${offset > 0 ? ` near character ${offset}` : ""}: ${detail}`, { cause: error });
  }
}

function finish(text: string, at: number, members: Map<string, string>): Map<string, string> {
  const rest = skipSpace(text, at);
  if (rest < text.length) throw malformed(text, rest, "the end of the body");
  return members;
}

function notAnObject(text: string): CofferdamError {
  parseText(text);
  return new CofferdamError("invalid_request", "the body must be a JSON object", { errors: [{ pointer: "", detail: "must be an object" }] });
}

function malformed(text: string, at: number, expected: string): CofferdamError {
  const found = at >= text.length ? "the end of the text" : JSON.stringify(text[at]);
  return new CofferdamError("invalid_json", `the body is not valid JSON: ${expected} was expected at character ${at}, not ${found}`);
}

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === RETURN || code === TAB;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** `from` is at the opening quote; the result is behind the closing one. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  throw malformed(text, text.length, "the end of a string");
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfNested(text, from);
  let at = from;
  while (at < text.length && !isDelimiter(text.charCodeAt(at))) at += 1;
  if (at === from) throw malformed(text, at, "a value");
  return at;
}

function isDelimiter(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isSpace(code);
}

function endOfNested(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  throw malformed(text, at, "a closing bracket or brace");
}
