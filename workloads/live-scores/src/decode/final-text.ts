const FINAL = /\b(?:won by|won the|draw|drawn|tie|tied|abandoned|no result)\b/i;

/** Whether a text says that the match is over. What speaks of the toss never does. */
export function isFinalText(text: string): boolean {
  const plain = text.replaceAll(/\s+/g, " ");
  return !/toss/i.test(plain) && FINAL.test(plain);
}
