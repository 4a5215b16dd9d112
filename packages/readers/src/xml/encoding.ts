// Which encoding a document is in: by its byte order mark, else by how "<?" is written, else by its declaration.
// The declaration must agree with the bytes; a document that lies about itself is refused rather than guessed at.

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "iso-8859-1" | "windows-1252";

export type Detection =
  | { readonly kind: "more" }
  | { readonly kind: "found"; readonly encoding: Encoding; readonly markBytes: number }
  | { readonly kind: "refused"; readonly code: "encoding_conflict" | "unsupported_encoding"; readonly detail: string };

/** A declaration is never longer than this; what has not ended by then is no declaration. */
export const DECLARATION_BYTES_MAX = 1024;

const DECLARED: ReadonlyMap<string, Encoding | "utf-16"> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["utf-16", "utf-16"],
  ["utf-16le", "utf-16le"],
  ["utf-16be", "utf-16be"],
  ["iso-8859-1", "iso-8859-1"],
  ["iso8859-1", "iso-8859-1"],
  ["latin1", "iso-8859-1"],
  ["latin-1", "iso-8859-1"],
  ["windows-1252", "windows-1252"],
  ["cp1252", "windows-1252"],
]);

interface Family {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  readonly markBytes: number;
}

/** Decides from the first bytes; says "more" while the declaration is still incomplete. */
export function detectEncoding(start: Buffer, atEnd: boolean): Detection {
  if (start.length < 4 && !atEnd) return { kind: "more" };
  const family = familyOf(start);
  if (family === null) return { kind: "refused", code: "unsupported_encoding", detail: "the document is in UTF-32" };
  const text = prefixText(start, family);
  const declaration = /^<\?xml\s[^>]*?\?>/.exec(text);
  if (declaration === null) {
    if (!atEnd && start.length < DECLARATION_BYTES_MAX && "<?xml".startsWith(text.slice(0, 5)) && !text.includes(">")) return { kind: "more" };
    return { kind: "found", ...family };
  }
  const declared = /\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(declaration[0]);
  return declared === null ? { kind: "found", ...family } : reconcile(family, declared[1] ?? declared[2] ?? "");
}

function familyOf(start: Buffer): Family | null {
  const [a, b, c, d] = [start[0], start[1], start[2], start[3]];
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)) return null;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", markBytes: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", markBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", markBytes: 2 };
  if (a === 0x3c && b === 0 && d === 0) return { encoding: "utf-16le", markBytes: 0 };
  if (a === 0 && b === 0x3c && c === 0) return { encoding: "utf-16be", markBytes: 0 };
  return { encoding: "utf-8", markBytes: 0 };
}

function prefixText(start: Buffer, family: Family): string {
  const bytes = start.subarray(family.markBytes, DECLARATION_BYTES_MAX);
  if (family.encoding === "utf-8") return bytes.toString("latin1");
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (family.encoding === "utf-16be" ? even.swap16() : even).toString("utf16le");
}

function reconcile(family: Family, declaredName: string): Detection {
  const declared = DECLARED.get(declaredName.toLowerCase());
  if (declared === undefined) {
    return {
      kind: "refused",
      code: "unsupported_encoding",
      detail: `the declared encoding ${JSON.stringify(declaredName.slice(0, 40))} is not one of UTF-8, UTF-16, ISO-8859-1, windows-1252`,
    };
  }
  const conflict: Detection = { kind: "refused", code: "encoding_conflict", detail: `the declaration says ${declaredName} but the bytes are ${family.encoding}` };
  if (family.encoding !== "utf-8") return declared === "utf-16" || declared === family.encoding ? { kind: "found", ...family } : conflict;
  if (declared === "utf-16" || declared === "utf-16le" || declared === "utf-16be") return conflict;
  if (family.markBytes > 0) return declared === "utf-8" ? { kind: "found", ...family } : conflict;
  return { kind: "found", encoding: declared, markBytes: 0 };
}
