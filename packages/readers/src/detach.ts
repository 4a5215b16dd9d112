/** Shorter strings are always copied by V8; from this length on a slice keeps the whole string alive that it was cut from. */
const SLICE_LENGTH_MIN = 13;

/**
 * A copy that does not keep its source alive. Every string that a handler is given has been through this; call it for what you cut out yourself.
 * @example names.push(detach(text.slice(0, 40)))
 */
export function detach(text: string): string {
  return text.length < SLICE_LENGTH_MIN ? text : Buffer.from(text, "utf8").toString("utf8");
}
