/** Attempt numbers in the kind of a document sort as text. */
const DIGITS = 9;

/** The checkpoint with which an attempt, and those before it back to the one before that was kept, began. */
export function beganKind(attempt: number): string {
  return `began-with ${String(attempt).padStart(DIGITS, "0")}`;
}

/** What is kept where an attempt began from the start; JSON text, as any checkpoint is. */
export const FROM_THE_START = "null";
