export const LINES_MAX = 1000;
const CHARACTERS_MAX = 2000;

/** The last lines of an output of any length. */
export interface LineRing {
  push(bytes: Uint8Array): void;
  /** How many lines came before the first that is kept. */
  readonly dropped: number;
  text(): string;
}

export function createLineRing(linesMax: number = LINES_MAX): LineRing {
  const decoder = new TextDecoder();
  let lines: string[] = [];
  let rest = "";
  let dropped = 0;
  return {
    push(bytes) {
      const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      // A line without an end is cut as well: nothing here grows with what a worker writes.
      rest = (parts.pop() ?? "").slice(0, CHARACTERS_MAX);
      for (const part of parts) lines.push(part.slice(0, CHARACTERS_MAX));
      const surplus = lines.length - linesMax;
      if (surplus <= 0) return;
      dropped += surplus;
      lines = lines.slice(surplus);
    },
    get dropped() {
      return dropped;
    },
    text: () => [...lines, ...(rest === "" ? [] : [rest])].slice(-linesMax).join("\n"),
  };
}
