/** Replaces what could move the cursor, colour or ring: texts of jobs are printed as they are meant, never obeyed. */
export function printable(text: string): string {
  return withoutControls(text).trim();
}

/** The same, with the spaces around it kept. */
export function withoutControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** The same for a text of several lines, whose structure is in its line ends and indentation. */
export function printableLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => withoutControls(line.replaceAll("\t", "    ")))
    .join("\n");
}

const STYLES = { bold: "1", red: "31", green: "32", yellow: "33", magenta: "35", cyan: "36", dim: "2" } as const;
export type Style = keyof typeof STYLES;

export function paint(text: string, style: Style, color: boolean): string {
  return color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
}

/** "1 process", "3 processes" */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
