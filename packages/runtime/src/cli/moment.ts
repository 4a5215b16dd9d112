import { CofferdamError, formatDuration, parseDuration } from "../model/index.ts";

/**
 * Reads a point in time: RFC 3339 ("2026-05-01T12:00:00Z") or how far from now ("30m").
 * @throws CofferdamError `invalid_option`, naming the flag.
 */
export function parseMoment(text: string, name: string, nowMs: number, direction: "past" | "future"): number {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return ms;
    throw new CofferdamError("invalid_option", `${name}: ${JSON.stringify(text)} is not a time`, {
      hint: 'Write a time such as "2026-05-01T12:00:00Z", or a duration such as "30m".',
    });
  }
  const distanceMs = parseDuration(text, name);
  return direction === "future" ? nowMs + distanceMs : nowMs - distanceMs;
}

/** "12 s ago", "in 3 min": from an RFC 3339 time. */
export function relative(time: string | null, nowMs: number): string {
  if (time === null) return "";
  const distanceMs = Date.parse(time) - nowMs;
  if (Number.isNaN(distanceMs)) return time;
  const rounded = Math.abs(distanceMs) < 1000 ? 0 : Math.round(Math.abs(distanceMs) / 1000) * 1000;
  if (rounded === 0) return "now";
  return distanceMs < 0 ? `${formatDuration(rounded)} ago` : `in ${formatDuration(rounded)}`;
}
