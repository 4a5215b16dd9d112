import type { Leak } from "../model/index.ts";
import type { AttemptItem } from "./attempt-item.ts";

/**
 * Gives each leak to the attempt that ran when it was found. In a batch that is the last one: only types that never leak are handed ahead,
 * so a batch of several with a leak is the first of its type, and the type is not handed ahead again.
 */
export function attributeLeaks(items: readonly AttemptItem[], leaks: readonly Leak[]): void {
  const last = items.at(-1);
  if (last !== undefined && leaks.length > 0) last.leaks = leaks;
}
