// Calendar days as ISO text. Markets have days, not moments: nothing here knows of hours, except what day it is somewhere.

/** `dd-mm-yyyy`, if there is such a day. */
export function fromDanishDate(text: string): string | null {
  const match = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text);
  return match === null ? null : existingDay(`${match[3]}-${match[2]}-${match[1]}`);
}

/** The day of `YYYY-MM-DD HH:MM:SS`, if there is such a day. */
export function dayOfTimestamp(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const match = /^\s*(\d{4}-\d{2}-\d{2})(?=$|[\sT])/.exec(value);
  return match === null ? null : existingDay(match[1] ?? "");
}

function existingDay(iso: string): string | null {
  const time = Date.parse(`${iso}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(iso) ? iso : null;
}

export interface Period {
  readonly start: string;
  readonly end: string;
  /** The end was before the start and is replaced by it. */
  readonly corrected: boolean;
}

/** From a start that is valid and an end that may not be there. */
export function periodOf(start: string, end: string | null): Period {
  if (end === null) return { start, end: start, corrected: false };
  return end < start ? { start, end: start, corrected: true } : { start, end, corrected: false };
}

/** All dates of a cell: the first is the start, the second the end. Null without a valid start. */
export function periodOfCell(text: string): Period | null {
  const [first, second] = text.match(/\d{2}-\d{2}-\d{4}/g) ?? [];
  const start = first === undefined ? null : fromDanishDate(first);
  return start === null ? null : periodOf(start, second === undefined ? null : fromDanishDate(second));
}

/** The day that it is in a time zone. */
export function dayIn(timeZone: string, moment: Date): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(moment);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
