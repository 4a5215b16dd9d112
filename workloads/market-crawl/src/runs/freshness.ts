const HOUR_MS = 3_600_000;
const FRESH_HOURS = 24;
const STALE_HOURS = 168;

/** How old the newest success is: `fresh` below a day, `n days old` below a week, else `stale`. */
export function freshnessOf(lastSuccessAt: string | null, now: Date): string {
  if (lastSuccessAt === null) return "stale";
  const hours = (now.getTime() - Date.parse(lastSuccessAt)) / HOUR_MS;
  if (hours < FRESH_HOURS) return "fresh";
  const days = Math.floor(hours / 24);
  return hours < STALE_HOURS ? `${days} ${days === 1 ? "day" : "days"} old` : "stale";
}
