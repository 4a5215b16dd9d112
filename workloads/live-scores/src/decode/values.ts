/** A value of the live JSON as text: numbers are written out, everything that is neither is nothing. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" && Number.isFinite(value) ? String(value) : "";
}

/** A whole number, or null. */
export function wholeOf(text: string | undefined): number | null {
  if (text === undefined || !/^[+-]?\d{1,15}$/.test(text)) return null;
  const value = Number(text);
  return Object.is(value, -0) ? 0 : value;
}

export function countOrZero(text: string | undefined): number {
  return wholeOf(text) ?? 0;
}

/** The parts of a list that are not empty. */
export function listOf(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
