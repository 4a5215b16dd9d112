/** How Node begins the stack that it prints when it aborts: once, behind what it has to say. */
const STACK = /^----- Native stack trace -----/;

/**
 * The last line of the log that says so, where nobody aborted after it for another reason: behind the last words of a process stands its own stack at most.
 * A child whose output goes to the same log says the same words: they are never a proof.
 */
export function lastWords(logTail: readonly string[], words: RegExp): string | null {
  const at = logTail.findLastIndex((line) => words.test(line));
  const stacks = logTail.slice(at + 1).filter((line) => STACK.test(line)).length;
  return stacks > 1 ? null : (logTail[at]?.trim() ?? null);
}
