import { GREATER, isWhite, NAME_BYTES, QUESTION } from "./bytes.ts";
import { isName } from "./names.ts";
import { OUT_OF_BYTES, type Refuse } from "./window.ts";

const TARGET_BYTES_MAX = 1024;

/** The target of a processing instruction, after its "<?": the place after the name, or OUT_OF_BYTES. */
export function passTarget(bytes: Buffer, from: number, end: number, refuse: Refuse): number {
  const limit = Math.min(end, from + TARGET_BYTES_MAX);
  let at = from;
  while (at < limit && NAME_BYTES[bytes[at] ?? 0] === 1) at += 1;
  if (at - from >= TARGET_BYTES_MAX) refuse("token_too_long", `a processing instruction's name of more than ${TARGET_BYTES_MAX} bytes begins here`, from);
  if (at >= end) return OUT_OF_BYTES;
  if (bytes[at] === QUESTION && at + 1 >= end) return OUT_OF_BYTES;
  const target = bytes.toString("utf8", from, at);
  const ends = isWhite(bytes[at] ?? 0) || (bytes[at] === QUESTION && bytes[at + 1] === GREATER);
  if (!ends || !isName(target)) refuse("malformed", "a processing instruction without a name", from);
  if (target.toLowerCase() === "xml") refuse("malformed", "an XML declaration that is not at the start of the document", from);
  return at;
}
