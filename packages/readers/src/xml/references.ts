// "&amp;" and "&#38;". A document cannot declare entities of its own here, so there are the five of XML and character references, and nothing ever expands.
import { HASH, NAME_BYTES, SEMICOLON } from "./bytes.ts";

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** From "&" to ";". What is longer is none of those that can occur. */
export const REFERENCE_BYTES_MAX = 64;

export type Reference =
  | { readonly kind: "more" }
  | { readonly kind: "found"; readonly text: string; readonly bytes: number }
  | { readonly kind: "refused"; readonly detail: string };

const MORE: Reference = { kind: "more" };

/** Reads the reference whose "&" stands at `at`. */
export function readReference(bytes: Buffer, at: number, end: number): Reference {
  const limit = Math.min(end, at + REFERENCE_BYTES_MAX);
  let stop = at + 1;
  if (stop < limit && bytes[stop] === HASH) stop += 1;
  while (stop < limit && NAME_BYTES[bytes[stop] ?? 0] === 1) stop += 1;
  if (stop === limit) return limit === end && limit < at + REFERENCE_BYTES_MAX ? MORE : refused("a reference that does not end");
  if (bytes[stop] !== SEMICOLON) return refused("an ampersand that begins no reference (it is written &amp;)");
  const name = bytes.toString("utf8", at + 1, stop);
  const text = name.startsWith("#") ? characterOf(name) : PREDEFINED.get(name);
  return text === undefined ? refused(`&${name}; is neither defined by XML nor a character`) : { kind: "found", text, bytes: stop + 1 - at };
}

function characterOf(name: string): string | undefined {
  const hexadecimal = /^#x([0-9a-fA-F]+)$/.exec(name);
  const decimal = /^#([0-9]+)$/.exec(name);
  const code = hexadecimal === null ? Number.parseInt(decimal?.[1] ?? "", 10) : Number.parseInt(hexadecimal[1] ?? "", 16);
  return isCharacter(code) ? String.fromCodePoint(code) : undefined;
}

/** XML's "Char". */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

function refused(detail: string): Reference {
  return { kind: "refused", detail };
}
