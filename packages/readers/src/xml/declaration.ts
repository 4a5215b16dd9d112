import { isWhite } from "./bytes.ts";
import { OUT_OF_BYTES, type Refuse, type Window } from "./window.ts";

const OPENING = Buffer.from("<?xml");
const WHOLE =
  /^<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(?:"(?:yes|no)"|'(?:yes|no)'))?[\t\n\r ]*\?>$/;
const BYTES_MAX = 1024;

/** The XML declaration, if the document begins with one: the place after it, the place at hand if there is none, or OUT_OF_BYTES. */
export function passDeclaration(window: Window, refuse: Refuse): number {
  const { at } = window;
  const there = window.bytes.subarray(at, Math.min(window.end, at + BYTES_MAX));
  const head = there.subarray(0, OPENING.length);
  if (!head.equals(OPENING.subarray(0, head.length))) return at;
  if (there.length <= OPENING.length) return window.final ? at : OUT_OF_BYTES;
  if (!isWhite(there[OPENING.length] ?? 0)) return at;
  const stop = there.indexOf("?>");
  if (stop < 0 && there.length < BYTES_MAX) return OUT_OF_BYTES;
  if (stop < 0 || !WHOLE.test(there.toString("latin1", 0, stop + 2))) refuse("malformed", "an XML declaration that is not one", at);
  return at + stop + 2;
}
